//! One peer of the replica, and what goes on with it.

use std::ops::Deref;
use std::sync::Arc;

use crate::directory::PeerDescriptor;
use crate::peers::Exchange;

/// A peer as the directory describes it, and what goes on between it and this process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownPeer {
    /// What the directory says; also reached by `known.state` and the like.
    pub descriptor: Arc<PeerDescriptor>,
    /// What goes on with it, at the moment of asking; nothing for this process itself.
    pub exchange: Exchange,
}

impl Deref for KnownPeer {
    type Target = PeerDescriptor;

    fn deref(&self) -> &PeerDescriptor {
        &self.descriptor
    }
}
