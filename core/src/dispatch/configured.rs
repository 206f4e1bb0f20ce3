//! The mark of a handler that was configured.

/// Stands for the arguments of a [`Handling`](super::Handling), which has forgotten them.
#[derive(Debug, Clone, Copy)]
pub enum Configured {}
