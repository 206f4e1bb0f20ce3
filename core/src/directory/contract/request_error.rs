//! Why a directory refused what a registered peer asked.

use crate::directory::unreadable::Unreadable;

/// Why a directory refused what a registered peer asked. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, quibus::HandlerError)]
pub enum RequestError {
    /// The directory does not know this run (any more): register again, with `resume`.
    #[error("the directory does not know this run of the peer; register again")]
    #[quibus(code = 1007)]
    NotRegistered,
    /// A newer process has replaced this one; it must stop.
    #[error("this process was replaced by incarnation {0} of its peer id")]
    #[quibus(code = 1004)]
    Fenced(u64),
    /// A later update of this run has been applied already; its number is named.
    #[error("update {0} of this run has been applied already; send updates one at a time")]
    #[quibus(code = 1008)]
    Outdated(u64),
    /// More than one peer may hold.
    #[error("above a quota: {0}")]
    #[quibus(code = 1003)]
    Quota(String),
    /// The request makes no sense.
    #[error("{0}")]
    #[quibus(code = 1006)]
    Malformed(String),
    /// The asker's certificate gives it no right to this.
    #[error("not allowed: {0}")]
    #[quibus(code = 1002)]
    NotAllowed(String),
}

impl From<Unreadable> for RequestError {
    fn from(unreadable: Unreadable) -> Self {
        Self::Malformed(unreadable.to_string())
    }
}
