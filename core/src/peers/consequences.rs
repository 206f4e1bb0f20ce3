//! What follows from a decision about a peer that was made while more than the peer was locked.

use std::sync::Arc;

use super::bodies::end_all;
use super::body_cell::BodyCell;
use super::peer::Peer;
use crate::session::Effects;

/// What follows from a decision about a peer. It wakes tasks and drops what users have made bodies
/// of, and both run code of theirs, which may ask this bus for anything: so nothing is locked when
/// it is [performed](Self::perform).
#[derive(Debug)]
#[must_use]
pub(crate) struct Consequences {
    peer: Arc<Peer>,
    effects: Effects,
    /// The readers of bodies that do not come, because the peer is down.
    orphans: Vec<Arc<BodyCell>>,
}

impl Consequences {
    /// `None`: nothing follows, as for nearly all peers of a snapshot.
    pub(super) fn of(
        peer: &Arc<Peer>,
        effects: Effects,
        orphans: Vec<Arc<BodyCell>>,
    ) -> Option<Self> {
        let some = !effects.is_empty() || !orphans.is_empty();
        some.then(|| Self {
            peer: peer.clone(),
            effects,
            orphans,
        })
    }

    /// Does it; nothing may be locked.
    pub(crate) fn perform(self) {
        self.peer.perform(self.effects);
        end_all(self.orphans, "its sender is gone");
    }
}
