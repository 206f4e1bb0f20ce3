//! Taking a message and its extractors, without calling the handler yet.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::BytesMut;

use super::super::{
    Callable, Completion, Delivery, Extractors, Filter, Input, Returns, StartError,
};
use super::outcome::{Outcome, Reply};
use crate::message::{Codec, EncodeError, Message, bounded_text};
use crate::transport::BoxFuture;

/// A handler of which the taking and the calling are two steps, without its types.
pub(in crate::dispatch) trait Prepare: Send {
    /// Takes the message and the extractors; the future calls the handler.
    fn prepare(
        &mut self,
        delivery: &mut Delivery<'_>,
    ) -> Result<BoxFuture<'static, Outcome>, StartError>;

    /// How many bytes a reply takes.
    fn reply_len(&self, reply: &dyn Any) -> usize;

    /// Appends a reply.
    fn encode_reply(&self, reply: &dyn Any, out: &mut BytesMut) -> Result<(), EncodeError>;
}

/// The one there is.
pub(in crate::dispatch) struct Preparer<F, A> {
    handler: Arc<F>,
    filter: Filter,
    arguments: PhantomData<fn(A)>,
}

impl<F, A> Preparer<F, A> {
    pub(in crate::dispatch) fn new(handler: Arc<F>, filter: Filter) -> Self {
        Self {
            handler,
            filter,
            arguments: PhantomData,
        }
    }
}

type MessageOf<F, A> = <<F as Callable<A>>::Input as Input>::Message;
type CodecOf<F, A> = <MessageOf<F, A> as Message>::Codec;
type ReplyOf<F, A> = <MessageOf<F, A> as Message>::Reply;

impl<F, A> Prepare for Preparer<F, A>
where
    F: Callable<A> + Send + Sync + 'static,
    F::Input: Input,
    F::Extractors: Extractors<<F::Input as Input>::Mode> + Send + 'static,
    F::Future: Future + Send + 'static,
    <F::Future as Future>::Output: Returns<<F::Input as Input>::This>,
    A: 'static,
{
    fn prepare(
        &mut self,
        delivery: &mut Delivery<'_>,
    ) -> Result<BoxFuture<'static, Outcome>, StartError> {
        let input = F::Input::take(delivery)
            .map_err(|error| StartError::Undecodable(bounded_text(&error)))?;
        if !input.is_wanted(&mut self.filter) {
            return Err(StartError::Unwanted);
        }
        let extractors = F::Extractors::extract(delivery)
            .map_err(|rejection| StartError::Rejected(bounded_text(&rejection)))?;
        let handler = self.handler.clone();
        Ok(Box::pin(async move {
            let mut output = handler.call(input, extractors).await;
            let body = output.take_body();
            match output.into_outcome() {
                Ok(reply) => {
                    let value = Box::new(reply);
                    Outcome::Handled(Reply { value, body })
                }
                Err(failure) => Completion::from(failure).into(),
            }
        }))
    }

    fn reply_len(&self, reply: &dyn Any) -> usize {
        let reply = reply.downcast_ref::<ReplyOf<F, A>>();
        reply.map_or(0, CodecOf::<F, A>::encoded_len)
    }

    fn encode_reply(&self, reply: &dyn Any, out: &mut BytesMut) -> Result<(), EncodeError> {
        match reply.downcast_ref::<ReplyOf<F, A>>() {
            Some(reply) => CodecOf::<F, A>::encode(reply, out),
            None => Err(EncodeError::new(
                "a layer gave the reply of another message",
            )),
        }
    }
}
