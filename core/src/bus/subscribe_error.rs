//! Why a subscription was not made.

/// Why a subscription was not made, or not ended; it was rolled back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The handler can't be used as it is.
    #[error("{0}")]
    Handler(String),
    /// The directory refused it.
    #[error("the directory refused the subscription: {0}")]
    Refused(String),
    /// This bus is stopping or has stopped.
    #[error("this bus is stopping; nothing can be subscribed any more")]
    Stopped,
}
