//! Why an observer sees nothing.

use super::start_error::{DirectoryFailure, List};
use crate::transport::BindError;

/// Why an [`Observer`](super::Observer) sees nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObserveError {
    /// The certificate is one of somebody who takes part.
    #[error(
        "{identity} takes part in the bus and cannot watch it from outside; use a certificate of \
         an operator or of an administrator"
    )]
    TakesPart {
        /// What the certificate proves.
        identity: String,
    },
    /// The transport could not be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// No directory has answered.
    #[error("no directory has answered within {within_ms} ms: {}", List(failures))]
    NoDirectory {
        /// The time-out in milliseconds.
        within_ms: u64,
        /// Each address that was tried, and why it failed.
        failures: Vec<DirectoryFailure>,
    },
    /// A directory does not let this one look.
    #[error("the directory at {address} refused: {reason}")]
    Refused {
        /// Where it is.
        address: String,
        /// What it said.
        reason: String,
    },
}
