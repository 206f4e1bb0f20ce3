//! The other peers' coming and going.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::directory::{PeerDescriptor, ViewEvent};

/// Something that happened to another peer, as this process's replica shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerEvent {
    /// The replica has learned something.
    View(ViewEvent),
    /// So many events were not taken in time; read [`Bus::peers`](super::Bus::peers) again.
    Skipped(u64),
}

impl PeerEvent {
    /// The peer as it is now, or as it last was.
    pub fn descriptor(&self) -> Option<&Arc<PeerDescriptor>> {
        match self {
            Self::View(event) => Some(event.descriptor()),
            Self::Skipped(_) => None,
        }
    }
}

/// The events of a replica from now on; at most 1,024 wait to be taken.
#[derive(Debug)]
pub struct PeerEvents {
    receiver: broadcast::Receiver<ViewEvent>,
}

impl PeerEvents {
    pub(super) const WAITING: usize = 1_024;

    pub(super) fn new(receiver: broadcast::Receiver<ViewEvent>) -> Self {
        Self { receiver }
    }

    /// The next event; `None` once the bus has stopped. May be dropped between polls without
    /// losing anything.
    pub async fn next(&mut self) -> Option<PeerEvent> {
        match self.receiver.recv().await {
            Ok(event) => Some(PeerEvent::View(event)),
            Err(broadcast::error::RecvError::Lagged(count)) => Some(PeerEvent::Skipped(count)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
