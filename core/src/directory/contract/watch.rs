//! What a server tells those who follow it.

use bytes::{Bytes, BytesMut};

use super::revision_parts::RevisionParts;
use super::watch_error::WatchError;
use crate::directory::change::Change;
use crate::directory::peer_list::PeerList;
use crate::directory::unreadable::Unreadable;
use crate::id::{ClusterId, Revision};
use crate::wire::{Reader, put_bytes};

/// One part of a [`Snapshot`](crate::directory::Snapshot).
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = Applied, error = WatchError)]
pub struct SnapshotPart {
    #[prost(message, required, tag = "1")]
    revision: RevisionParts,
    #[prost(uint32, tag = "2")]
    part: u32,
    #[prost(uint32, tag = "3")]
    parts: u32,
    /// Descriptors, each behind its length.
    #[prost(bytes = "bytes", tag = "4")]
    peers: Bytes,
}

impl SnapshotPart {
    pub(in crate::directory) fn new(
        revision: Revision,
        part: u32,
        parts: u32,
        peers: Bytes,
    ) -> Self {
        Self {
            revision: revision.into(),
            part,
            parts,
            peers,
        }
    }

    /// The revision of the whole snapshot.
    pub fn revision(&self) -> Revision {
        self.revision.into()
    }

    /// Which part this is, from 0.
    pub fn part(&self) -> u32 {
        self.part
    }

    /// How many parts there are.
    pub fn parts(&self) -> u32 {
        self.parts
    }

    pub(in crate::directory) fn peers(&self) -> &Bytes {
        &self.peers
    }
}

/// A run of consecutive changes.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = Applied, error = WatchError)]
pub struct Changes {
    #[prost(fixed64, tag = "1")]
    cluster_high: u64,
    #[prost(fixed64, tag = "2")]
    cluster_low: u64,
    /// Changes, each behind its length.
    #[prost(bytes = "bytes", tag = "3")]
    changes: Bytes,
}

impl Changes {
    /// Carries changes that were encoded once, for all who follow.
    pub fn new<'a>(cluster: ClusterId, encoded: impl IntoIterator<Item = &'a Bytes>) -> Self {
        let mut changes = BytesMut::new();
        for change in encoded {
            put_bytes(&mut changes, change);
        }
        Self {
            cluster_high: (cluster.0 >> 64) as u64,
            cluster_low: cluster.0 as u64,
            changes: changes.freeze(),
        }
    }

    /// Reads the changes one by one; ends after the first that makes no sense.
    pub fn read(&self) -> impl Iterator<Item = Result<Change, Unreadable>> {
        let high = u128::from(self.cluster_high) << 64;
        let cluster = ClusterId(high | u128::from(self.cluster_low));
        let mut reader = Some(Reader::new(&self.changes));
        std::iter::from_fn(move || {
            let mut rest = reader.take().filter(|rest| rest.remaining() > 0)?;
            let change = read_change(cluster, &mut rest, self.changes.len());
            reader = change.is_ok().then_some(rest);
            Some(change)
        })
    }
}

fn read_change(
    cluster: ClusterId,
    reader: &mut Reader,
    limit: usize,
) -> Result<Change, Unreadable> {
    let record = reader
        .bytes("a change", limit)
        .map_err(Unreadable::blame("a run of changes"))?;
    Change::decode(cluster, record)
}

/// The answer to [`SnapshotPart`] and [`Changes`]: the peer's replica holds what they said.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Applied {
    #[prost(message, required, tag = "1")]
    revision: RevisionParts,
    #[prost(bytes = "bytes", tag = "2")]
    owing: Bytes,
}

impl Applied {
    /// The replica holds `revision`; if that is less than what was sent, it saw a gap, and the
    /// server goes on from there. Its peer is `owing` messages to these, which drain.
    pub fn new(revision: Revision, owing: &PeerList) -> Self {
        Self {
            revision: revision.into(),
            owing: owing.encode(),
        }
    }

    /// What the replica holds.
    pub fn revision(&self) -> Revision {
        self.revision.into()
    }

    /// Reads which peers drain and are owed something.
    pub fn owing(&self) -> Result<PeerList, Unreadable> {
        PeerList::decode(&self.owing)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use prost::Message;

    use super::*;
    use crate::directory::samples::{CLUSTER, any_change};

    #[test]
    fn reading_ends_at_the_first_change_that_makes_no_sense() {
        let changes = Changes::new(CLUSTER, [&Bytes::from_static(b"\xff"), &Bytes::new()]);
        let read: Vec<_> = changes.read().collect();
        assert!(matches!(&read[..], [Err(_)]), "{read:?}");
    }

    proptest! {
        #[test]
        fn a_run_of_changes_survives_the_wire(changes in vec(any_change(), 0..9)) {
            let encoded: Vec<_> = changes.iter().map(Change::encode).collect();
            let bytes = Changes::new(CLUSTER, &encoded).encode_to_vec();
            let decoded = Changes::decode(&bytes[..]).unwrap();
            let read: Result<Vec<_>, _> = decoded.read().collect();
            prop_assert_eq!(read, Ok(changes));
        }
    }
}
