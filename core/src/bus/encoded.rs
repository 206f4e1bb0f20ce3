//! An event as all its recipients get it.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::near_peer::{LARGE, enter, head_of};
use crate::peers::Peer;
use crate::session::{LaneId, WireType};

/// An event as all its recipients get it.
#[derive(Clone)]
pub(super) struct Encoded {
    pub(super) wire_type: WireType,
    /// With its prefix.
    pub(super) body: Bytes,
    pub(super) kind: u8,
    pub(super) lane: LaneId,
}

/// An event as the handlers of this process get it, who decode it themselves unless one of them
/// alone takes the value.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) wire_type: WireType,
    /// With its prefix.
    pub(super) body: &'a Bytes,
}

impl Encoded {
    pub(super) fn given(&self) -> Given<'_> {
        Given {
            wire_type: self.wire_type,
            body: &self.body,
        }
    }

    /// The common case of one of several recipients: its lane takes the event. Inlined, as what it
    /// needs is in registers there: read back from memory it waits for the stores into a log before.
    #[inline(always)]
    pub(super) fn enter(&self, peer: &Arc<Peer>) -> bool {
        let head = head_of(self.wire_type, self.kind, self.body.len());
        let write = |out: &mut BytesMut| {
            out.extend_from_slice(&self.body);
            true
        };
        let wake = |wake| peer.after_accept(self.lane, wake);
        self.body.len() < LARGE && enter(peer.lanes(), self.lane, head, write, wake)
    }
}
