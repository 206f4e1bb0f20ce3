//! The one slot there is: a handler with its types, its future stored in place.

use std::any::Any;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::BytesMut;

use super::layer::{Prepare, Preparer};
use super::{
    Callable, Completion, Delivery, Extractors, Filter, Input, Needs, Returns, Run, StartError,
};
use crate::binding::BindingKey;
use crate::message::{Body, Codec, EncodeError, Message, bounded_text};

/// Makes slots of one handler.
pub(super) trait Slots: Send + Sync + 'static {
    /// What the handler's extractors need to be given before the start.
    fn needs(&self, needs: &mut Needs);

    /// Makes a slot that takes what one of `keys` matches.
    fn slot(&self, keys: &[BindingKey]) -> Box<dyn Run>;

    /// What a slot with layers takes messages with.
    fn preparer(&self, keys: &[BindingKey]) -> Box<dyn Prepare>;
}

/// A handler from which slots are made.
pub(super) struct Recipe<F, A> {
    handler: Arc<F>,
    arguments: PhantomData<fn(A)>,
}

impl<F, A> Recipe<F, A> {
    pub(super) fn new(handler: Arc<F>) -> Self {
        Self {
            handler,
            arguments: PhantomData,
        }
    }
}

impl<F, A> Slots for Recipe<F, A>
where
    F: Callable<A> + Send + Sync + 'static,
    F::Input: Input,
    F::Extractors: Extractors<<F::Input as Input>::Mode> + Send + 'static,
    F::Future: Future + Send + 'static,
    <F::Future as Future>::Output: Returns<<F::Input as Input>::This>,
    A: 'static,
{
    fn needs(&self, needs: &mut Needs) {
        F::Extractors::needs(needs);
    }

    fn slot(&self, keys: &[BindingKey]) -> Box<dyn Run> {
        Box::new(Slot::<F, A>::new(self.handler.clone(), Filter::new(keys)))
    }

    fn preparer(&self, keys: &[BindingKey]) -> Box<dyn Prepare> {
        let (handler, filter) = (self.handler.clone(), Filter::new(keys));
        Box::new(Preparer::<F, A>::new(handler, filter))
    }
}

type MessageOf<F, A> = <<F as Callable<A>>::Input as Input>::Message;
type CodecOf<F, A> = <MessageOf<F, A> as Message>::Codec;
type ReplyOf<F, A> = <MessageOf<F, A> as Message>::Reply;

/// A place for one run of a handler at a time.
///
/// The future lies in a box that is made once: with a box for each message an event would cost an
/// allocation and some 20 ns more.
struct Slot<F: Callable<A>, A>
where
    F::Input: Input,
{
    handler: Arc<F>,
    filter: Filter,
    running: Pin<Box<Option<F::Future>>>,
    reply: Option<ReplyOf<F, A>>,
    /// What the reply came with.
    body: Option<Body>,
}

impl<F: Callable<A>, A> Slot<F, A>
where
    F::Input: Input,
{
    fn new(handler: Arc<F>, filter: Filter) -> Self {
        Self {
            handler,
            filter,
            running: Box::pin(None),
            reply: None,
            body: None,
        }
    }
}

impl<F, A> Run for Slot<F, A>
where
    F: Callable<A> + Send + Sync + 'static,
    F::Input: Input,
    F::Extractors: Extractors<<F::Input as Input>::Mode>,
    F::Future: Future + Send,
    <F::Future as Future>::Output: Returns<<F::Input as Input>::This>,
{
    #[inline]
    fn start(&mut self, delivery: &mut Delivery<'_>) -> Result<(), StartError> {
        self.clear();
        let input = F::Input::take(delivery)
            .map_err(|error| StartError::Undecodable(bounded_text(&error)))?;
        if !input.is_wanted(&mut self.filter) {
            return Err(StartError::Unwanted);
        }
        let extractors = F::Extractors::extract(delivery)
            .map_err(|rejection| StartError::Rejected(bounded_text(&rejection)))?;
        self.running.set(Some(self.handler.call(input, extractors)));
        Ok(())
    }

    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Completion> {
        let Some(running) = self.running.as_mut().as_pin_mut() else {
            return Poll::Ready(Completion::Failed("the slot runs nothing".into()));
        };
        let Poll::Ready(mut output) = running.poll(cx) else {
            return Poll::Pending;
        };
        self.running.set(None);
        let body = output.take_body();
        Poll::Ready(match output.into_outcome() {
            Ok(reply) => {
                self.reply = Some(reply);
                match body {
                    None => Completion::Handled,
                    body => {
                        self.body = body;
                        Completion::HandledWithBody
                    }
                }
            }
            Err(failure) => failure.into(),
        })
    }

    fn reply_len(&self) -> usize {
        self.reply.as_ref().map_or(0, CodecOf::<F, A>::encoded_len)
    }

    fn encode_reply(&mut self, out: &mut BytesMut) -> Result<(), EncodeError> {
        match self.reply.take() {
            Some(reply) => CodecOf::<F, A>::encode(&reply, out),
            None => Ok(()),
        }
    }

    fn take_reply(&mut self) -> Option<Box<dyn Any + Send>> {
        let reply = self.reply.take()?;
        Some(Box::new(reply))
    }

    fn take_body(&mut self) -> Option<Body> {
        self.body.take()
    }

    #[inline]
    fn clear(&mut self) {
        (self.reply, self.body) = (None, None);
        self.running.set(None);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::super::delivery::Body;
    use super::super::{Deadline, ErasedHandler, Handler, HandlerExt, Sender, State, States};
    use super::*;
    use crate::id::{Identity, MessageId, PeerId};
    use crate::message::{HandlerError, HeaderView, Headers, Prost, WireError};

    #[derive(Clone, PartialEq, ::prost::Message, quibus::Command)]
    #[quibus(namespace = "Shop", reply = u64, error = PriceError)]
    struct Price {
        #[prost(string, tag = "1")]
        sku: String,
    }

    #[derive(Debug, PartialEq, thiserror::Error, quibus::HandlerError)]
    enum PriceError {
        #[error("sku {0} is not sold here")]
        #[quibus(code = 404)]
        Unknown(String),
        #[error("counting")]
        Counting,
    }

    #[derive(Clone, PartialEq, ::prost::Message, quibus::Event)]
    #[quibus(namespace = "Weather")]
    struct Measured {
        #[quibus(route = 1)]
        #[prost(uint32, tag = "1")]
        station: u32,
        #[prost(double, tag = "2")]
        celsius: f64,
    }

    /// Everything a delivery borrows.
    struct Post {
        sender: Sender,
        states: States,
        headers: Vec<u8>,
    }

    impl Post {
        fn new() -> Self {
            let peer = PeerId::new("Web.3").unwrap();
            let mut states = States::new();
            states.insert(String::from("a state")).unwrap();
            Self {
                sender: Sender::new(peer.clone(), Identity::Peer(peer)),
                states,
                headers: Vec::new(),
            }
        }

        fn deliver<'a>(&'a self, body: Body<'a>) -> Delivery<'a> {
            Delivery {
                body,
                id: MessageId::from_parts(7, Default::default()),
                sender: &self.sender,
                headers: HeaderView::new(&self.headers).unwrap(),
                deadline: None,
                states: &self.states,
                attached: super::super::attached::Attached::None.held(),
            }
        }

        fn start(&self, slot: &mut dyn Run, bytes: &[u8]) -> Result<(), StartError> {
            let within = &bytes::Bytes::new();
            slot.start(&mut self.deliver(Body::Encoded { bytes, within }))
        }
    }

    fn slot_of<A, H: Handler<A>>(handler: H) -> Box<dyn Run> {
        let handling = handler.into_handling();
        ErasedHandler::slot(&handling)
    }

    fn bytes_of<M: Message>(message: &M) -> BytesMut {
        let mut out = BytesMut::new();
        M::Codec::encode(message, &mut out).unwrap();
        out
    }

    fn poll(slot: &mut dyn Run) -> Poll<Completion> {
        slot.poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Starts a command about `sku` and polls it once.
    fn run(slot: &mut dyn Run, sku: &str) -> Poll<Completion> {
        let message = bytes_of(&Price { sku: sku.into() });
        Post::new().start(slot, &message).unwrap();
        poll(slot)
    }

    async fn price(price: Price) -> u64 {
        price.sku.len() as u64
    }

    #[test]
    fn a_reply_is_encoded_straight_behind_what_the_buffer_holds() {
        let mut slot = slot_of(price);
        assert_eq!(run(&mut *slot, "four"), Poll::Ready(Completion::Handled));
        let mut out = BytesMut::from(&b"head"[..]);
        assert_eq!(slot.reply_len(), 2);
        slot.encode_reply(&mut out).unwrap();
        assert_eq!(&out[..4], b"head");
        assert_eq!(Prost::decode(&out[4..]), Ok(4_u64));
        slot.encode_reply(&mut out).unwrap();
        assert_eq!((slot.reply_len(), out.len()), (0, 6));
    }

    #[test]
    fn a_message_of_this_process_is_moved_in_and_its_reply_is_moved_out() {
        let post = Post::new();
        let mut slot = slot_of(price);
        let message = Box::new(Price { sku: "four".into() });
        slot.start(&mut post.deliver(Body::Local(message))).unwrap();
        assert_eq!(poll(&mut *slot), Poll::Ready(Completion::Handled));
        let reply = slot.take_reply().unwrap();
        assert_eq!(reply.downcast_ref(), Some(&4_u64));
        assert!(slot.take_reply().is_none());
    }

    #[test]
    fn a_handler_takes_extractors_in_any_order_up_to_twelve() {
        type Text = State<String>;
        async fn eleven(
            price: Price,
            State(text): Text,
            from: Sender,
            id: MessageId,
            headers: Headers,
            deadline: Deadline,
            _: (Text, Text, Text, Text, Text, Text),
        ) -> u64 {
            assert_eq!((price.sku.as_str(), text.as_str()), ("x", "a state"));
            assert_eq!((from.to_string().as_str(), id.stamp()), ("Web.3", 7));
            assert_eq!(
                (headers.get("lang"), deadline.remaining()),
                (Some("fr"), None)
            );
            1
        }
        #[allow(clippy::too_many_arguments)]
        async fn twelve(
            price: Price,
            a: Text,
            b: Sender,
            c: MessageId,
            d: Headers,
            e: Deadline,
            f: Text,
            g: Text,
            h: Text,
            i: Text,
            j: Text,
            k: Text,
            l: Text,
        ) -> u64 {
            eleven(price, a, b, c, d, e, (f, g, h, i, j, k)).await + l.0.len() as u64
        }
        let mut post = Post::new();
        let mut headers = Headers::new();
        headers.insert("lang", "fr");
        headers.encode(&mut post.headers).unwrap();
        let mut slot = slot_of(twelve);
        post.start(&mut *slot, &bytes_of(&Price { sku: "x".into() }))
            .unwrap();
        assert_eq!(poll(&mut *slot), Poll::Ready(Completion::Handled));
        assert_eq!(slot.take_reply().unwrap().downcast_ref(), Some(&8_u64));
    }

    #[test]
    fn a_handler_that_waits_goes_on_where_it_was() {
        async fn patient(price: Price) -> u64 {
            tokio::task::yield_now().await;
            price.sku.len() as u64
        }
        let mut slot = slot_of(patient);
        assert_eq!(run(&mut *slot, "abc"), Poll::Pending);
        assert_eq!(poll(&mut *slot), Poll::Ready(Completion::Handled));
        assert_eq!(slot.take_reply().unwrap().downcast_ref(), Some(&3_u64));
    }

    #[test]
    fn a_declared_error_travels_with_its_code_and_any_other_as_text() {
        async fn picky(price: Price) -> quibus::Result<u64, PriceError> {
            match price.sku.as_str() {
                "counted" => Err(PriceError::Counting)?,
                "number" => Ok("x".parse()?),
                _ => Err(PriceError::Unknown(price.sku))?,
            }
        }
        let mut slot = slot_of(picky);
        let unknown = PriceError::Unknown("A9".into()).to_wire().unwrap();
        assert_eq!(
            (unknown.code, unknown.text.as_str()),
            (404, "sku A9 is not sold here")
        );
        assert_eq!(
            run(&mut *slot, "A9"),
            Poll::Ready(Completion::Rejected(unknown))
        );
        assert_eq!(run(&mut *slot, "counted"), failed("counting"));
        assert_eq!(
            run(&mut *slot, "number"),
            failed("invalid digit found in string")
        );
    }

    #[test]
    fn a_handler_may_return_the_declared_error_itself_and_an_event_s_any_error() {
        async fn refusing(price: Price) -> Result<u64, PriceError> {
            Err(PriceError::Unknown(price.sku))
        }
        async fn failing(_: Measured) -> Result<(), String> {
            Err("é".repeat(600))
        }
        let refused = run(&mut *slot_of(refusing), "A9");
        assert!(matches!(
            refused,
            Poll::Ready(Completion::Rejected(WireError { code: 404, .. }))
        ));
        let mut slot = slot_of(failing);
        Post::new().start(&mut *slot, &[]).unwrap();
        assert_eq!(poll(&mut *slot), failed(&"é".repeat(512)));
    }

    fn failed(text: &str) -> Poll<Completion> {
        Poll::Ready(Completion::Failed(text.to_owned()))
    }

    #[test]
    fn bytes_that_are_no_message_do_not_start_the_handler() {
        let mut slot = slot_of(price);
        let refused = Post::new().start(&mut *slot, &[0xff]);
        assert!(
            matches!(refused, Err(StartError::Undecodable(_))),
            "{refused:?}"
        );
        assert_eq!(run(&mut *slot, "four"), Poll::Ready(Completion::Handled));
    }

    #[test]
    fn an_extractor_that_refuses_says_why() {
        async fn wants(_: Measured, State(_): State<u8>) {}
        let refused = Post::new().start(&mut *slot_of(wants), &[]);
        let reason = "State<u8> was not given: add .state(…) before the start";
        assert_eq!(refused, Err(StartError::Rejected(reason.into())));
    }

    #[test]
    fn a_handler_is_passed_by_when_none_of_its_keys_matches() {
        async fn measured(_: Measured) {}
        let wanted = [1, 2].map(|station| Measured::route().station(station));
        let mut slot = slot_of(measured.matching(wanted));
        for (station, expected) in [(2, Ok(())), (3, Err(StartError::Unwanted))] {
            let message = bytes_of(&Measured {
                station,
                celsius: 0.5,
            });
            assert_eq!(Post::new().start(&mut *slot, &message), expected);
        }
    }

    #[test]
    fn a_slot_serves_again_after_a_panic_and_after_being_cleared_while_waiting() {
        async fn moody(price: Price) -> u64 {
            tokio::task::yield_now().await;
            assert_ne!(price.sku, "bad");
            1
        }
        let mut slot = slot_of(moody);
        assert_eq!(run(&mut *slot, "bad"), Poll::Pending);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll(&mut *slot)));
        assert!(panicked.is_err());
        slot.clear();
        assert_eq!(run(&mut *slot, "good"), Poll::Pending);
        slot.clear();
        assert_eq!(run(&mut *slot, "good"), Poll::Pending);
        assert_eq!(poll(&mut *slot), Poll::Ready(Completion::Handled));
    }

    #[test]
    fn an_event_from_the_wire_is_handled_without_an_allocation() {
        async fn measured(event: Measured, _: Sender, _: MessageId, deadline: Deadline) {
            tokio::task::yield_now().await;
            assert_eq!((event.station, deadline.instant()), (7, None));
        }
        let post = Post::new();
        let message = bytes_of(&Measured {
            station: 7,
            celsius: 0.5,
        });
        let mut slot = slot_of(measured.matching(Measured::route().station(7)));
        let mut handle = || {
            post.start(&mut *slot, &message).unwrap();
            assert_eq!(poll(&mut *slot), Poll::Pending);
            assert_eq!(poll(&mut *slot), Poll::Ready(Completion::Handled));
            slot.clear();
        };
        handle();
        let counted = allocation_counter::measure(|| (0..100).for_each(|_| handle()));
        assert_eq!(counted.count_total, 0);
    }

    #[test]
    fn a_command_s_reply_is_encoded_without_an_allocation() {
        async fn zero(_: Price) -> u64 {
            300
        }
        let post = Post::new();
        let mut slot = slot_of(zero);
        let mut out = BytesMut::with_capacity(1024);
        let counted = allocation_counter::measure(|| {
            post.start(&mut *slot, &[]).unwrap();
            assert_eq!(poll(&mut *slot), Poll::Ready(Completion::Handled));
            slot.encode_reply(&mut out).unwrap();
        });
        assert_eq!((counted.count_total, &out[..]), (0, &[8, 0xac, 2][..]));
    }
}
