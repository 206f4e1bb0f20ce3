//! Why a peer did not apply what a server told it.

use crate::directory::unreadable::Unreadable;

/// Why a peer did not apply what a server told it. Its replica is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, quibus::HandlerError)]
pub enum WatchError {
    /// It makes no sense.
    #[error("{0}")]
    #[quibus(code = 1006)]
    Malformed(String),
    /// It comes from a server that the peer does not follow (any more).
    #[error("this peer follows another directory server")]
    #[quibus(code = 1009)]
    NotFollowing,
}

impl From<Unreadable> for WatchError {
    fn from(unreadable: Unreadable) -> Self {
        Self::Malformed(unreadable.to_string())
    }
}
