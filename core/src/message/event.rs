//! A message for everyone who wants it.

use super::{Message, Untyped};

/// A message with any number of recipients and no outcome (promise 1).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "only events are published",
    note = "commands are sent: `bus.send(…)`; an event derives `quibus::Event`"
)]
pub trait Event: Message<Reply = (), Error = Untyped> {}
