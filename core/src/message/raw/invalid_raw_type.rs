//! Why a type cannot be named at run time.

/// Why a type cannot be named at run time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRawType {
    /// No type or lane has such a name.
    #[error(
        "\"{}\" cannot be the name of a {what}: it has 1 to 256 bytes and no control characters",
        name.escape_debug()
    )]
    Name {
        /// Whose name it was to be.
        what: &'static str,
        /// The name, cut to what is shown.
        name: String,
    },
    /// The process has named as many as it may.
    #[error(
        "this process has named {limit} types and lanes at run time, and they are never forgotten"
    )]
    TooMany {
        /// How many it may name.
        limit: usize,
    },
}
