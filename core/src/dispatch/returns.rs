//! What a handler may return.

use super::{Failure, Input, IntoFailure};
use crate::message::{Body, Command, Event, Message};

/// What a handler of `I` may return. `derive(Command)` writes it for the command's reply.
#[diagnostic::on_unimplemented(
    message = "a handler of `{I}` cannot return `{Self}`",
    label = "this handler returns `{Self}`",
    note = "a command's handler returns the type its `#[quibus(reply = …)]` names, or a `Result` \
            of it, also with a body: `(Reply, Body)`; an event's handler returns `()` or `Result<(), E>`"
)]
pub trait Returns<I: Input> {
    /// The reply, or why there is none.
    fn into_outcome(self) -> Outcome<I>;

    /// Takes the body that goes with the reply, if there is one; asked before
    /// [`into_outcome`](Self::into_outcome).
    fn take_body(&mut self) -> Option<Body> {
        None
    }
}

/// The reply of a command, or why there is none.
type Outcome<I> = Result<
    <<I as Input>::Message as Message>::Reply,
    Failure<<<I as Input>::Message as Message>::Error>,
>;

impl<E: Event + Input<Message = E>> Returns<E> for () {
    fn into_outcome(self) -> Outcome<E> {
        Ok(())
    }
}

/// A reply with a body: whoever awaits `send(…).with_reply_body()` gets both.
impl<I, T> Returns<I> for (T, Body)
where
    I: Input,
    I::Message: Command,
    T: Returns<I>,
{
    fn into_outcome(self) -> Outcome<I> {
        self.0.into_outcome()
    }

    fn take_body(&mut self) -> Option<Body> {
        Some(std::mem::take(&mut self.1))
    }
}

impl<I, T, X> Returns<I> for Result<T, X>
where
    I: Input,
    T: Returns<I>,
    X: IntoFailure<<I::Message as Message>::Error>,
{
    fn into_outcome(self) -> Outcome<I> {
        match self {
            Ok(reply) => reply.into_outcome(),
            Err(error) => Err(error.into_failure()),
        }
    }

    fn take_body(&mut self) -> Option<Body> {
        self.as_mut().ok()?.take_body()
    }
}
