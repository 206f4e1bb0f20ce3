//! Why an event was not published.

/// Why an event was not published; nobody got it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The event is larger than a frame.
    #[error("it has {len} bytes, at most {limit} can be published")]
    TooLarge {
        /// Its size in bytes, with headers.
        len: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The event could not be encoded.
    #[error("it could not be encoded: {reason}")]
    Unencodable {
        /// Why.
        reason: String,
    },
    /// This bus is stopping or has stopped.
    #[error("this bus is stopping; nothing is published any more")]
    Stopped,
}
