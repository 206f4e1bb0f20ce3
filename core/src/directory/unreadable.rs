//! What the readings of this floor say when they refuse.

use std::fmt;

/// A directory message, or a part of one, that makes no sense; nothing of it was applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot be read: {reason}")]
pub struct Unreadable {
    /// What was being read.
    pub what: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

impl Unreadable {
    /// Names the part and what is wrong with it.
    pub(super) fn new(what: &'static str, reason: impl fmt::Display) -> Self {
        Self {
            what,
            reason: reason.to_string(),
        }
    }

    /// For `map_err`: blames `what` for an error of a lower floor.
    pub(super) fn blame<E: fmt::Display>(what: &'static str) -> impl Fn(E) -> Self {
        move |reason| Self::new(what, reason)
    }
}
