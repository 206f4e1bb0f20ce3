//! How a run of a handler ended.

use super::{Failure, Verdict};
use crate::message::{BodyError, HandlerError, WireError, bounded_text};

/// How a run of a handler ended, without its types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Completion {
    /// It returned; the reply waits in the slot.
    Handled,
    /// It returned; the reply and its body wait in the slot.
    HandledWithBody,
    /// It failed because the command's body is lost: the text.
    BodyBroken(String),
    /// It refused with a declared error that travels.
    Rejected(WireError),
    /// It failed with any other error: its text, at most 1 KiB.
    Failed(String),
    /// It ended in a way that only layers have.
    Ended(Verdict),
}

impl<E: HandlerError> From<Failure<E>> for Completion {
    fn from(failure: Failure<E>) -> Self {
        match failure {
            Failure::Rejected(error) => match error.to_wire() {
                Some(wire) => Self::Rejected(wire),
                None => Self::Failed(bounded_text(&error)),
            },
            Failure::Other(error) => match BodyError::lost_in(&*error) {
                Some(lost) => Self::BodyBroken(bounded_text(lost)),
                None => Self::Failed(bounded_text(&error)),
            },
        }
    }
}
