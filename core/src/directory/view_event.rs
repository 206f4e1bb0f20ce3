//! What a replica learns.

use std::sync::Arc;

use super::peer_descriptor::PeerDescriptor;

/// Something a [`PeerView`](super::PeerView) has learned about a peer. Whoever applies all of them
/// in order holds what the view holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewEvent {
    /// A peer that was not there before.
    Appeared(Arc<PeerDescriptor>),
    /// A peer runs anew: whatever was exchanged with its former run has ended.
    Restarted {
        /// The former run.
        before: Arc<PeerDescriptor>,
        /// The present run.
        now: Arc<PeerDescriptor>,
    },
    /// The same run describes itself otherwise: other subscriptions, address, identity.
    Updated {
        /// What was known.
        before: Arc<PeerDescriptor>,
        /// What is known; its state is still the former one.
        now: Arc<PeerDescriptor>,
    },
    /// The same run is in another state; nothing else differs.
    StateChanged {
        /// What was known.
        before: Arc<PeerDescriptor>,
        /// What is known.
        now: Arc<PeerDescriptor>,
    },
    /// A peer is no longer there.
    Removed(Arc<PeerDescriptor>),
}

impl ViewEvent {
    /// The peer as it is now, or as it last was.
    pub fn descriptor(&self) -> &Arc<PeerDescriptor> {
        match self {
            Self::Appeared(now) | Self::Removed(now) => now,
            Self::Restarted { now, .. }
            | Self::Updated { now, .. }
            | Self::StateChanged { now, .. } => now,
        }
    }
}
