//! What a verb that did its work has to say.

use crate::exit_status::ExitStatus;

/// What a verb that did its work has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// The text for stdout.
    pub text: String,
    /// How it went: a check that does not hold is a result, not a [`Complaint`](crate::Complaint).
    pub status: ExitStatus,
}

impl Printed {
    /// What a verb says that went well.
    pub fn done(text: String) -> Self {
        Self {
            text,
            status: ExitStatus::Done,
        }
    }
}
