//! Who may have something for this process that it cannot know of by itself.

use crate::directory::contract::Drained;
use crate::directory::{PeerList, Unreadable};
use crate::id::PeerId;

/// Who may have something for this process, which drains, that it cannot know of by itself: a peer
/// accepts events for another before their first link, and through heavy loss that takes seconds.
/// The directory has asked them all (promise 28).
#[derive(Debug, Clone, Default)]
pub(super) struct Debtors {
    owing: PeerList,
    unheard: PeerList,
}

impl Debtors {
    /// `carried_over` are those of a directory that has begun anew which it does not know yet.
    pub(super) fn read(drained: &Drained, carried_over: Vec<PeerId>) -> Result<Self, Unreadable> {
        let unheard = drained.unheard()?;
        Ok(Self {
            owing: drained.owing()?,
            unheard: unheard.iter().cloned().chain(carried_over).collect(),
        })
    }

    /// Whether something may still come from this peer. One that the directory has not heard may
    /// be gone, and is worth a wait only while it is new: what older ones had for this process has
    /// made them link with it.
    pub(super) fn include(&self, peer: &PeerId, is_new: impl FnOnce() -> bool) -> bool {
        self.owing.contains(peer) || (self.unheard.contains(peer) && is_new())
    }
}
