//! Why a directory refused what a registered peer asked.

use crate::directory::unreadable::Unreadable;

/// Why a directory refused what a registered peer asked. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The directory does not know this run (any more): register again, with `resume`.
    #[error("the directory does not know this run of the peer; register again")]
    NotRegistered,
    /// A newer process has replaced this one; it must stop.
    #[error("this process was replaced by incarnation {0} of its peer id")]
    Fenced(u64),
    /// A later update of this run has been applied already; its number is named.
    #[error("update {0} of this run has been applied already; send updates one at a time")]
    Outdated(u64),
    /// More than one peer may hold.
    #[error("above a quota: {0}")]
    Quota(String),
    /// The request makes no sense.
    #[error("{0}")]
    Malformed(String),
    /// The asker's certificate gives it no right to this.
    #[error("not allowed: {0}")]
    NotAllowed(String),
}

impl From<Unreadable> for RequestError {
    fn from(unreadable: Unreadable) -> Self {
        Self::Malformed(unreadable.to_string())
    }
}
