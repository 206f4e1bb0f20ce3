//! Running a handler, without its types.

use std::any::Any;
use std::task::{Context, Poll};

use bytes::BytesMut;

use super::in_hand::{InHand, Stopped};
use super::starting::Refusal;
use super::{Completion, Delivery, StartError};
use crate::message::{Body, EncodeError};

/// A place in which a handler runs one message after the other.
///
/// In turn: [`start`](Self::start), [`poll`](Self::poll) until ready, and if that was
/// [`Completion::Handled`] one of [`encode_reply`](Self::encode_reply) and
/// [`take_reply`](Self::take_reply). [`clear`](Self::clear) may come at any time, also after a
/// panic inside any of the others, and makes the slot as new.
pub(crate) trait Run: Send {
    /// Decodes the message, takes the extractors and calls the handler; what ran or waited before
    /// is dropped. May panic if they do.
    fn start(&mut self, delivery: &mut Delivery<'_>) -> Result<(), StartError>;

    /// Runs the handler until it waits or returns. May panic if it does.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Completion>;

    /// Starts, polls and answers one message after the other, until one of them ends in another way
    /// than most. May panic if a handler does, or a reply's codec.
    fn run_all(&mut self, messages: &mut InHand<'_>, cx: &mut Context<'_>) -> Stopped {
        while let Some(delivery) = messages.next() {
            let started = match delivery {
                Ok(delivery) => self.start(delivery).map_err(Refusal::Start),
                Err(refusal) => Err(refusal),
            };
            if let Err(refusal) = started {
                match messages.refused(refusal) {
                    Some(stopped) => return stopped,
                    None => continue,
                }
            }
            match self.poll(cx) {
                Poll::Ready(completion) if messages.is_plain(&completion) => {
                    if let Some(verdict) = messages.reply(self) {
                        return Stopped::Ended(Completion::Ended(verdict));
                    }
                }
                Poll::Ready(completion) => return Stopped::Ended(completion),
                Poll::Pending => return Stopped::Pending,
            }
        }
        Stopped::Done
    }

    /// How many bytes [`encode_reply`](Self::encode_reply) appends; 0 if no reply waits.
    fn reply_len(&self) -> usize;

    /// Appends the reply that waits, once; nothing if none does.
    fn encode_reply(&mut self, out: &mut BytesMut) -> Result<(), EncodeError>;

    /// Takes the reply that waits, of the type that the message's contract names.
    fn take_reply(&mut self) -> Option<Box<dyn Any + Send>>;

    /// Takes the body that waits with the reply of a [`Completion::HandledWithBody`].
    fn take_body(&mut self) -> Option<Body>;

    /// Drops what runs or waits. May panic if dropping the handler's future does, and has cleared
    /// the slot all the same.
    fn clear(&mut self);
}
