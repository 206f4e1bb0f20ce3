//! What a stop left behind.

use crate::id::PeerId;

/// What a stop left behind; all zero if nothing was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StopReport {
    /// Peers that did not answer the goodbye, or did not deliver all they had announced.
    pub unanswered: Vec<PeerId>,
    /// Messages that were queued for, or running in, handlers.
    pub unfinished: usize,
    /// Peers that had not acknowledged everything that was accepted for them.
    pub unacknowledged: Vec<PeerId>,
    /// Peers with which a body was still being read, or waited to be.
    pub unread: Vec<PeerId>,
    /// Sends of this process that ended as [`SendError::Stopped`](super::SendError::Stopped).
    pub ended_sends: u64,
    /// Whether the directory took note: has told the others that this process drains, and let it go.
    pub unregistered: bool,
}

impl StopReport {
    /// Whether nothing was left behind.
    pub fn is_clean(&self) -> bool {
        let nothing = Self {
            unregistered: true,
            ..Self::default()
        };
        *self == nothing
    }
}

/// The deadline passed before everything was done; the bus is closed all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the stop was cut short: {} peers did not answer, {} did not acknowledge everything, \
     {} messages were not handled to their end, bodies to or from {} were not read to theirs, \
     {} sends were given up{}",
    .0.unanswered.len(), .0.unacknowledged.len(), .0.unfinished, .0.unread.len(),
    .0.ended_sends,
    if .0.unregistered { "" } else { ", the directory was not told" }
)]
pub struct IncompleteStop(pub StopReport);
