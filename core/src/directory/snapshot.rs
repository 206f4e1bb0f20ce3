//! The whole directory at one revision, in parts that fit a frame.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::contract::SnapshotPart;
use super::peer_descriptor::PeerDescriptor;
use super::unreadable::Unreadable;
use crate::id::Revision;
use crate::wire::{Reader, put_bytes, varint_len};

/// The whole directory at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Up to here all changes are in it.
    pub revision: Revision,
    /// Every peer, each once.
    pub peers: Vec<Arc<PeerDescriptor>>,
}

impl Snapshot {
    /// Cuts the snapshot into parts whose list of peers is at most `part_size` bytes long, or
    /// holds a single peer. At least one part, even if nobody is there.
    pub fn parts(&self, part_size: usize) -> Vec<SnapshotPart> {
        let mut lists = Vec::new();
        let mut list = BytesMut::new();
        for descriptor in &self.peers {
            let record = descriptor.encode();
            let grown = list.len() + varint_len(record.len() as u64) + record.len();
            if grown > part_size && !list.is_empty() {
                lists.push(list.split().freeze());
            }
            put_bytes(&mut list, &record);
        }
        if !list.is_empty() || lists.is_empty() {
            lists.push(list.freeze());
        }
        let count = lists.len() as u32;
        let numbered = (0..).zip(lists);
        numbered
            .map(|(part, peers)| SnapshotPart::new(self.revision, part, count, peers))
            .collect()
    }
}

/// Puts the parts of one snapshot together. Parts come in order; the first part of another
/// snapshot drops what was collected of the former.
#[derive(Debug, Clone, Default)]
pub struct SnapshotAssembly {
    revision: Revision,
    parts: u32,
    next: u32,
    peers: Vec<Arc<PeerDescriptor>>,
}

impl SnapshotAssembly {
    /// Most parts of one snapshot.
    pub const MAX_PARTS: u32 = 1_024;

    /// Takes the next part; gives the snapshot when it was the last.
    pub fn add(&mut self, part: &SnapshotPart) -> Result<Option<Snapshot>, Unreadable> {
        const WHAT: &str = "a part of a snapshot";
        let (number, parts, revision) = (part.part(), part.parts(), part.revision());
        if parts > Self::MAX_PARTS || number >= parts {
            return Err(Unreadable::new(WHAT, format!("part {number} of {parts}")));
        }
        if number == 0 {
            *self = Self {
                revision,
                parts,
                ..Self::default()
            };
        }
        if (number, parts, revision) != (self.next, self.parts, self.revision) {
            let (next, wanted) = (self.next, self.revision);
            let reason = format!(
                "part {number} of revision {revision} came where part {next} of revision {wanted} was due"
            );
            return Err(Unreadable::new(WHAT, reason));
        }
        self.read_peers(part.peers())?;
        self.next += 1;
        if self.next < self.parts {
            return Ok(None);
        }
        let Self {
            revision, peers, ..
        } = std::mem::take(self);
        Ok(Some(Snapshot { revision, peers }))
    }

    fn read_peers(&mut self, list: &Bytes) -> Result<(), Unreadable> {
        const WHAT: &str = "a snapshot's list of peers";
        let mut reader = Reader::new(list);
        while reader.remaining() > 0 {
            let record = reader
                .bytes("a descriptor", list.len())
                .map_err(Unreadable::blame(WHAT))?;
            let descriptor = PeerDescriptor::decode(self.revision.cluster, record)?;
            if descriptor.revision > self.revision {
                let peer = &descriptor.peer;
                return Err(Unreadable::new(
                    WHAT,
                    format!("{peer} is newer than the whole"),
                ));
            }
            self.peers.push(Arc::new(descriptor));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::samples::{any_descriptor, descriptor, revision};
    use super::*;

    fn of(peers: Vec<PeerDescriptor>) -> Snapshot {
        Snapshot {
            revision: revision(9, 0),
            peers: peers.into_iter().map(Arc::new).collect(),
        }
    }

    fn three() -> Snapshot {
        of((0..3).map(|n| descriptor(n, 1, revision(2, 0))).collect())
    }

    #[test]
    fn parts_that_come_out_of_order_are_refused_and_a_first_part_begins_anew() {
        let parts = three().parts(1);
        assert_eq!(parts.len(), 3);
        let mut assembly = SnapshotAssembly::default();
        assert!(assembly.add(&parts[1]).is_err());
        assert_eq!(assembly.add(&parts[0]), Ok(None));
        assert!(assembly.add(&parts[2]).is_err());
        assert_eq!(assembly.add(&parts[1]), Ok(None));
        assert!(assembly.add(&parts[1]).is_err());
        for part in &parts[..2] {
            assert_eq!(assembly.add(part), Ok(None));
        }
        assert_eq!(assembly.add(&parts[2]), Ok(Some(three())));
    }

    #[test]
    fn a_part_of_another_revision_and_a_part_of_too_many_are_refused() {
        let parts = three().parts(1);
        let mut assembly = SnapshotAssembly::default();
        assert_eq!(assembly.add(&parts[0]), Ok(None));
        let other = SnapshotPart::new(revision(8, 0), 1, 3, Bytes::new());
        assert!(assembly.add(&other).is_err());
        for (part, parts) in [(0, 0), (3, 3), (0, SnapshotAssembly::MAX_PARTS + 1)] {
            let nonsense = SnapshotPart::new(revision(9, 0), part, parts, Bytes::new());
            assert!(assembly.add(&nonsense).is_err(), "part {part} of {parts}");
        }
    }

    #[test]
    fn a_snapshot_of_nobody_is_one_part() {
        let parts = of(Vec::new()).parts(100);
        assert_eq!(parts.len(), 1);
        assert_eq!(
            SnapshotAssembly::default().add(&parts[0]),
            Ok(Some(of(Vec::new())))
        );
    }

    proptest! {
        #[test]
        fn a_snapshot_survives_being_cut_and_put_together(
            peers in vec(any_descriptor(), 0..9), size in 0..600_usize,
        ) {
            let snapshot = of(peers);
            let parts = snapshot.parts(size);
            let (last, others) = parts.split_last().unwrap();
            let mut assembly = SnapshotAssembly::default();
            for part in others {
                prop_assert_eq!(assembly.add(part), Ok(None));
            }
            prop_assert_eq!(assembly.add(last), Ok(Some(snapshot)));
        }
    }
}
