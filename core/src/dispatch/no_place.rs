//! Why there is no place for a handler beside those that are there.

/// Why there is no place for a handler of this type beside those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPlace {
    #[error("{0} is handled here already, as the other kind of message")]
    OtherKind(&'static str),
    #[error("{0} has a handler here already, and only one can give its reply")]
    Twin(&'static str),
}
