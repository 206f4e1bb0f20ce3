//! Stopping in good order.

use bytes::Bytes;

use super::request_error::RequestError;
use super::revision_parts::RevisionParts;
use crate::directory::peer_list::PeerList;
use crate::directory::unreadable::Unreadable;
use crate::id::{Incarnation, Revision};

/// Says that the peer takes nothing new from now on; answered by [`Drained`] when everybody knows
/// (promise 28).
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = Drained, error = RequestError)]
pub struct Drain {
    #[prost(uint64, tag = "1")]
    incarnation: u64,
}

impl Drain {
    /// This run drains.
    pub fn new(incarnation: Incarnation) -> Self {
        Self {
            incarnation: incarnation.0,
        }
    }

    /// The asking run.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation(self.incarnation)
    }
}

/// The answer to [`Drain`]: committed, and who may still have something for the peer.
///
/// With most it has a link, so it knows itself; but one that has accepted something for it before
/// their first link, and cannot reach it yet, only the directory hears of.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Drained {
    #[prost(message, required, tag = "1")]
    revision: RevisionParts,
    #[prost(bytes = "bytes", tag = "2")]
    owing: Bytes,
    #[prost(bytes = "bytes", tag = "3")]
    unheard: Bytes,
}

impl Drained {
    /// Committed at `revision`; `owing` are those who know and say that they have messages for the
    /// peer, `unheard` those who did not say in time that they know.
    pub fn new(revision: Revision, owing: &PeerList, unheard: &PeerList) -> Self {
        Self {
            revision: revision.into(),
            owing: owing.encode(),
            unheard: unheard.encode(),
        }
    }

    /// Whoever holds this revision knows that the peer drains.
    pub fn revision(&self) -> Revision {
        self.revision.into()
    }

    /// Reads who has messages for the peer and accepts no more.
    pub fn owing(&self) -> Result<PeerList, Unreadable> {
        PeerList::decode(&self.owing)
    }

    /// Reads who may not know yet that the peer drains.
    pub fn unheard(&self) -> Result<PeerList, Unreadable> {
        PeerList::decode(&self.unheard)
    }
}

/// Leaves the directory. This run's start id never comes back.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = Unregistered, error = RequestError)]
pub struct Unregister {
    #[prost(uint64, tag = "1")]
    incarnation: u64,
}

impl Unregister {
    /// This run leaves.
    pub fn new(incarnation: Incarnation) -> Self {
        Self {
            incarnation: incarnation.0,
        }
    }

    /// The asking run.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation(self.incarnation)
    }
}

/// The answer to [`Unregister`]: committed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Unregistered {}
