//! Being heard.

use bytes::Bytes;

use super::request_error::RequestError;
use super::revision_parts::RevisionParts;
use crate::directory::peer_list::PeerList;
use crate::directory::unreadable::Unreadable;
use crate::id::{Incarnation, Revision};

/// Proves to the server that the process, not just its kernel, lives. Sent every second.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = Alive, error = RequestError)]
pub struct Heartbeat {
    #[prost(uint64, tag = "1")]
    incarnation: u64,
    #[prost(uint64, tag = "2")]
    epoch: u64,
    #[prost(message, required, tag = "3")]
    applied: RevisionParts,
    #[prost(bytes = "bytes", tag = "4")]
    owing: Bytes,
}

impl Heartbeat {
    /// This run lives, is attached by attachment `epoch`, holds `applied`, and is `owing` messages
    /// to these peers, which drain.
    pub fn new(incarnation: Incarnation, epoch: u64, applied: Revision, owing: &PeerList) -> Self {
        Self {
            incarnation: incarnation.0,
            epoch,
            applied: applied.into(),
            owing: owing.encode(),
        }
    }

    /// The run.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation(self.incarnation)
    }

    /// The attachment that the peer believes in.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// What the peer holds.
    pub fn applied(&self) -> Revision {
        self.applied.into()
    }

    /// Reads which peers drain and are owed something.
    pub fn owing(&self) -> Result<PeerList, Unreadable> {
        PeerList::decode(&self.owing)
    }
}

/// The answer to [`Heartbeat`]: the server lives too, knows this run and watches over it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Alive {
    #[prost(message, required, tag = "1")]
    revision: RevisionParts,
}

impl Alive {
    /// The server holds `revision`.
    pub fn new(revision: Revision) -> Self {
        Self {
            revision: revision.into(),
        }
    }

    /// What the server holds.
    pub fn revision(&self) -> Revision {
        self.revision.into()
    }
}
