//! Command or event.

/// Whether a message is a command or an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// One recipient, one outcome.
    Command,
    /// Any number of recipients, no outcome.
    Event,
}
