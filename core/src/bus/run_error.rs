//! Why a service ended otherwise than on request.

use super::{IncompleteStop, StartError};

/// Why [`Bus::run`](super::Bus::run) or [`Builder::run`](super::Builder::run) did not end well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The bus did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A newer process has taken this peer id; this one has stopped (promise 31).
    #[error("a newer process has taken this peer id; this one has stopped")]
    Fenced,
    /// The stop left something behind.
    #[error(transparent)]
    Stop(#[from] IncompleteStop),
    /// The process can't be told of signals.
    #[error("signals cannot be awaited: {0}")]
    Signals(#[from] std::io::Error),
}
