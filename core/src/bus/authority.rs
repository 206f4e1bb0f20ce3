//! How a directory server's own bus is fed: not by a directory, but by the state it keeps.

use std::sync::Arc;
use std::time::Duration;

use super::inner::Inner;
use super::sending::Sending;
use crate::directory::{Change, Gap, Snapshot, Subscriptions};
use crate::id::PeerId;
use crate::message::Command;

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

    /// Lets handlers run: the replica holds the state. What has come meanwhile has waited.
    pub fn open(&self) {
        self.inner.dispatcher.open();
    }

    /// Waits until no handler of this process has anything left to do.
    pub async fn idle(&self) {
        // While one queue is waited for, its handlers may give another something to do.
        while self.inner.dispatcher.unfinished() > 0 {
            self.inner.dispatcher.drained().await;
        }
    }

    /// Sends a command to a peer whatever its standing: also who drains, or has been silent, goes
    /// on following the directory.
    pub fn tell<C: Command>(&self, command: C, peer: &PeerId, within: Duration) -> Sending<C> {
        Sending::new(self.inner.clone(), command)
            .to(peer)
            .timeout(within)
            .unchecked()
    }

    /// Forgets removed peers with which nothing goes on any more; to be called now and then.
    pub fn sweep(&self) {
        self.inner.replica.sweep();
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
