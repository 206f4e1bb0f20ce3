//! Whom the routing table names.

use std::sync::Arc;

use crate::peers::Peer;

/// Whom the routing table names: this process, or another.
#[derive(Debug, Clone)]
pub(super) enum Recipient {
    Here,
    Peer(Arc<Peer>),
}

impl Recipient {
    /// The other process, if it is one.
    pub(super) fn peer(&self) -> Option<&Arc<Peer>> {
        match self {
            Self::Here => None,
            Self::Peer(peer) => Some(peer),
        }
    }
}
