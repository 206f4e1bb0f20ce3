//! What a program says that was called wrongly.

/// A program was called wrongly: how it is called.
#[derive(Debug, thiserror::Error)]
#[error("usage: {0}")]
pub struct Usage(pub &'static str);
