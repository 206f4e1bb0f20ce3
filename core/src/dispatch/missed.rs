//! What a handler learns of events that were skipped for this process.

use std::sync::{Arc, Mutex};

use bytes::{Bytes, BytesMut};

use super::sender::Sender;
use super::type_handlers::TypeHandlers;
use super::work::{LocalBody, LocalMessage, LocalReply, Origin, Work, WorkContent};
use super::{Delivery, Failure, Filter, Input, Returns, Single};
use crate::id::MessageId;
use crate::message::{Codec, DecodeError, EncodeError, Message, MessageKind, Untyped};

/// Events that a sender skipped for this process, because it had been slow for 5 s (promise 15).
///
/// Told to a handler, like a message, in its place among those of its lane: what the sender had
/// published before was handed over before, what it publishes next comes after. The handlers of
/// both have to share a dispatch queue for that: `Missed` is of the lane `default`, and
/// `.queue(…)` joins it to the handlers of another. Who skipped them is the `Sender`; for events of
/// this very process it is this process.
///
/// ```
/// use quibus::dispatch::Missed;
/// use quibus::prelude::*;
///
/// async fn on_missed(missed: Missed, from: Sender) {
///     println!("{} events of {} are lost; ask it for all", missed.count, from.peer());
/// }
///
/// let builder = Bus::builder("Shop.0").handle(on_missed);
/// # let _ = builder;
/// ```
///
/// It is nobody's to publish, and nothing on the wire can pretend to be one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Missed {
    /// How many.
    pub count: u64,
    /// The lane they would have come in, as the sender calls it; empty for events of this very
    /// process, which travel in none. Text from a peer: escape it where people read it.
    pub lane: Arc<str>,
}

impl Missed {
    pub(super) fn new(count: u64, lane: Arc<str>) -> Self {
        Self { count, lane }
    }
}

impl Message for Missed {
    const NAME: &'static str = "quibus.Missed";
    const KIND: MessageKind = MessageKind::Event;
    const ROUTED: bool = false;
    type Codec = Untravelled;
    type Reply = ();
    type Error = Untyped;
}

impl Input for Missed {
    type Message = Self;
    type Mode = Single;
    type This = Self;

    fn take(delivery: &mut Delivery<'_>) -> Result<Self, DecodeError> {
        delivery.take_message()
    }

    fn is_wanted(&self, filter: &mut Filter) -> bool {
        filter.lets_through(self)
    }
}

impl Returns<Missed> for () {
    fn into_outcome(self) -> Result<Self, Failure<Untyped>> {
        Ok(())
    }
}

/// The codec of what never travels: it refuses.
#[derive(Debug, Clone, Copy)]
pub enum Untravelled {}

#[diagnostic::do_not_recommend]
impl<T> Codec<T> for Untravelled {
    const ID: u8 = 0;

    fn encoded_len(_: &T) -> usize {
        0
    }

    fn encode(_: &T, _: &mut BytesMut) -> Result<(), EncodeError> {
        Err(EncodeError::new("it never travels"))
    }

    fn decode(_: &[u8]) -> Result<T, DecodeError> {
        Err(DecodeError::new("it never travels"))
    }
}

/// Tells all handlers of [`Missed`], whether there is room in their queues or not. `news_of`: the lane
/// it came in, if it came.
pub(super) fn tell_missed(
    handlers: &TypeHandlers,
    count: u64,
    lane: &Arc<str>,
    sender: &Sender,
    news_of: Option<&Arc<Origin>>,
) {
    for handler in &handlers.handlers {
        let missed = Box::new(Missed::new(count, lane.clone()));
        let message = LocalMessage {
            body: LocalBody::Value(Mutex::new(Some(missed))),
            id: MessageId::next(),
            sender: sender.clone(),
            headers: Bytes::new(),
            deadline: None,
            reply: LocalReply::None,
            attached: None,
            news_of: news_of.cloned(),
        };
        handler.queue.push_anyway(Work {
            handler: handler.clone(),
            content: WorkContent::Local(Arc::new(message)),
            join: None,
            is_next: false,
        });
    }
}
