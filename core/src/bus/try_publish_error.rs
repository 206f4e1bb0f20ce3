//! Why an event was not taken at once.

use super::publish_error::PublishError;
use crate::message::Event;

/// Why an event was not taken at once (promise 20); see
/// [`Bus::try_publish`](super::Bus::try_publish). Nobody got it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TryPublishError<E: Event> {
    /// Somebody who wants it has no room for it now. Here it is again.
    #[error(
        "{}: a recipient has no room now; publish it again later, or wait for room with publish()",
        E::NAME
    )]
    Full(E),
    /// [`publish`](super::Bus::publish) would have failed as well.
    #[error(transparent)]
    Failed(#[from] PublishError),
}

impl<E: Event> TryPublishError<E> {
    /// The event, if only room was missing.
    pub fn into_event(self) -> Option<E> {
        match self {
            Self::Full(event) => Some(event),
            Self::Failed(_) => None,
        }
    }

    /// Whether only room was missing.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }
}
