//! Why a list of parts, or a text, is no binding key.

/// The parts do not make a legal [`BindingKey`](super::BindingKey).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBindingKey {
    /// A part stands behind `#`.
    #[error(
        "part {part} of the binding key follows `#`, which stands for all remaining fields: \
         leave it out, or write `*` for a single field"
    )]
    AfterRest {
        /// Which part, counted from 1.
        part: usize,
    },
    /// More parts than a key may have.
    #[error("a binding key has at most {limit} parts: bind fewer routing fields")]
    TooManyParts {
        /// What is allowed.
        limit: usize,
    },
    /// A value that is too long.
    #[error(
        "part {part} of the binding key has {len} bytes, at most {limit} are allowed: route by a \
         shorter value"
    )]
    PartTooLong {
        /// Which part, counted from 1.
        part: usize,
        /// Its length in bytes.
        len: usize,
        /// What is allowed.
        limit: usize,
    },
    /// A backslash before something that needs none.
    #[error(
        "part {part} of the binding key has a backslash that escapes nothing: write \\. \\* \\# \
         or \\\\"
    )]
    Escape {
        /// Which part, counted from 1.
        part: usize,
    },
}
