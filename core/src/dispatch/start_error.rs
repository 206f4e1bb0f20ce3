//! Why a handler did not start.

/// Why a handler did not start on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StartError {
    /// The bytes are no message of its type.
    Undecodable(String),
    /// An extractor refused.
    Rejected(String),
    /// None of the handler's keys matches the message (promise 24): it passes this handler by.
    Unwanted,
}
