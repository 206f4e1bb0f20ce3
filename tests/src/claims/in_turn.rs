//! Handing commands over in their turn, so that their order can be judged.
//!
//! What a lane orders is what it has accepted. A send that waits for room may be overtaken by one
//! that was begun later and finds some; so whoever numbers commands begins none before the one
//! before it has been accepted or has ended.

use quibus::bus::{SendError, Sending, TrySendError};
use quibus::message::Command;

use crate::history::Manner;

/// A command that has been begun, and where order matters accepted; or that has ended.
pub(super) enum Handed<C: Command> {
    /// Its outcome is to be waited for.
    Begun(Sending<C>),
    /// Its outcome is there.
    Ended(Result<C::Reply, SendError<C::Error>>),
}

impl<C: Command> Handed<C> {
    /// Hands a command over, in its turn if that is the manner. What finds no room then is waited
    /// for until it has ended, as nobody is told when it is accepted.
    pub(super) async fn over(manner: Manner, command: C, send: impl Fn(C) -> Sending<C>) -> Self {
        if manner != Manner::InOrder {
            return Self::Begun(send(command));
        }
        match send(command).try_now() {
            Ok(accepted) => Self::Begun(accepted),
            Err(TrySendError::Full(command)) => Self::Ended(send(command).await),
            Err(TrySendError::Failed(error)) => Self::Ended(Err(error)),
            Err(other) => Self::Ended(Err(SendError::Failed {
                code: 0,
                text: other.to_string(),
            })),
        }
    }

    /// What becomes of it.
    pub(super) async fn outcome(self) -> Result<C::Reply, SendError<C::Error>> {
        match self {
            Self::Begun(sending) => sending.await,
            Self::Ended(outcome) => outcome,
        }
    }
}
