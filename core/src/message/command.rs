//! A message with one recipient and one outcome.

use super::Message;

/// A message with exactly one recipient and exactly one outcome (promise 1).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    label = "only commands are sent",
    note = "events are published: `bus.publish(…)`; a command derives `quibus::Command`"
)]
pub trait Command: Message {}
