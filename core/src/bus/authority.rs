//! How a directory server's own bus is fed: not by a directory, but by the state it keeps.

use std::sync::Arc;

use super::inner::Inner;
use crate::directory::{Change, Gap, Snapshot, Subscriptions};
use crate::id::PeerId;

/// The replica of a directory server's own bus, fed by the state that the server keeps.
#[derive(Clone)]
pub struct Authority {
    inner: Arc<Inner>,
}

impl Authority {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    /// The whole state.
    pub fn apply_snapshot(&self, snapshot: Snapshot) {
        self.inner.replica.apply_snapshot(snapshot);
    }

    /// The next change.
    ///
    /// # Errors
    /// If it is not the next one; nothing was changed.
    pub fn apply(&self, change: &Change) -> Result<(), Gap> {
        self.inner.replica.apply(change)
    }

    /// The address that others dial to reach this bus.
    pub fn address(&self) -> &str {
        self.inner.membership.address()
    }

    /// What this bus itself wants, for the server's own entry.
    pub fn subscriptions(&self) -> Subscriptions {
        self.inner.book().all()
    }

    /// Whether a link with this peer is in use.
    pub fn is_linked(&self, peer: &PeerId) -> bool {
        self.inner
            .peers
            .get(peer)
            .is_some_and(|peer| peer.is_linked())
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("peer", &self.inner.me)
            .finish_non_exhaustive()
    }
}
