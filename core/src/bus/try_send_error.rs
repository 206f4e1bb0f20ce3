//! Why a command was not taken at once.

use super::send_error::SendError;
use crate::message::Command;

/// Why a command was not taken at once (promise 20); see [`Bus::try_send`](super::Bus::try_send).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrySendError<C: Command> {
    /// There is no room for it now. Nothing was sent, and here it is again.
    #[error(
        "{} has no room now: send it again later, or wait for room with send()",
        C::NAME
    )]
    Full(C),
    /// [`send`](super::Bus::send) would have failed as well, however long it had waited.
    #[error(transparent)]
    Failed(SendError<C::Error>),
}

impl<C: Command> TrySendError<C> {
    /// The command, if only room was missing.
    pub fn into_command(self) -> Option<C> {
        match self {
            Self::Full(command) => Some(command),
            Self::Failed(_) => None,
        }
    }

    /// Whether only room was missing.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }
}
