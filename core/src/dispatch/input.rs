//! The first argument of a handler.

use super::{Delivery, Filter};
use crate::message::{DecodeError, Message};

/// The first argument of a handler: its message. Written by the derives.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "a handler's first argument is its message",
    note = "a message derives `quibus::Command` or `quibus::Event`"
)]
pub trait Input: Sized + Send + 'static {
    /// The message's type.
    type Message: Message;

    /// How many messages one call takes.
    type Mode;

    /// The type itself. Bounds that speak of `Input::This` fall silent when the type is no input,
    /// so that the compiler reports that and nothing that follows from it.
    type This: Input<Message = Self::Message>;

    /// Takes it from a delivery.
    #[doc(hidden)]
    fn take(delivery: &mut Delivery<'_>) -> Result<Self, DecodeError>;

    /// Whether the handler wants it.
    #[doc(hidden)]
    fn is_wanted(&self, filter: &mut Filter) -> bool;
}

/// The mode of a handler that takes one message a call.
#[derive(Debug, Clone, Copy)]
pub enum Single {}
