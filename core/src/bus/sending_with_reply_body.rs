//! The future of a command whose reply's body is wanted.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::send_error::SendError;
use super::sending::Sending;
use crate::message::{Body, Command, Message};

/// A command that is being sent, for its reply and the body of its reply; see
/// [`Sending::with_reply_body`].
#[must_use = "a command is sent by awaiting it"]
pub struct SendingWithReplyBody<C: Message>(pub(super) Sending<C>);

impl<C: Command> Future for SendingWithReplyBody<C> {
    type Output = Result<(C::Reply, Body), SendError<C::Error>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let reply = ready!(Pin::new(&mut self.0).poll(context))?;
        let body = self.0.take_reply_body();
        Poll::Ready(Ok((reply, body)))
    }
}
