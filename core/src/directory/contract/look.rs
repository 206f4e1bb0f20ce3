//! Looking on without taking part.

use super::request_error::RequestError;
use super::revision_parts::RevisionParts;
use super::watch::{Changes, SnapshotPart};
use crate::id::Revision;

/// Asks a server what it holds, from outside of the bus: only an operator or an administrator
/// may, and neither is registered. Travels in the bootstrap lane of a link that ends after it.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = Seen, error = RequestError)]
pub struct Look {
    #[prost(message, optional, tag = "1")]
    held: Option<RevisionParts>,
    #[prost(uint32, tag = "2")]
    part: u32,
}

impl Look {
    /// What comes after `held`; everything, if nothing is held.
    pub fn after(held: Option<Revision>) -> Self {
        Self {
            held: held.map(RevisionParts::from),
            part: 0,
        }
    }

    /// The part that follows on this one of a snapshot; its first one again, if the server holds
    /// another revision by now.
    pub fn following(part: &SnapshotPart) -> Self {
        Self {
            held: Some(part.revision().into()),
            part: part.part().saturating_add(1),
        }
    }

    /// What the asker holds, or the revision of the snapshot that it is being told.
    pub fn held(&self) -> Option<Revision> {
        self.held.map(Revision::from)
    }

    /// The wanted part of a snapshot; 0: whatever follows on what is held.
    pub fn part(&self) -> u32 {
        self.part
    }
}

/// The answer to [`Look`]: nothing new, a run of changes, or a part of a snapshot.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Seen {
    #[prost(message, optional, tag = "1")]
    part: Option<SnapshotPart>,
    #[prost(message, optional, tag = "2")]
    changes: Option<Changes>,
    #[prost(uint64, tag = "3")]
    clock_ms: u64,
    #[prost(string, tag = "4")]
    version: String,
}

impl Seen {
    /// Nothing has changed.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// What is held can be continued with these.
    pub fn changes(changes: Changes) -> Self {
        Self {
            changes: Some(changes),
            ..Self::default()
        }
    }

    /// What is held, if anything, is to be replaced.
    pub fn part(part: SnapshotPart) -> Self {
        Self {
            part: Some(part),
            ..Self::default()
        }
    }

    /// Says the server's clock, in milliseconds since 1970, and its version: who looks into a
    /// failure wants to know whether they fit its own.
    #[must_use]
    pub fn told_by(mut self, clock_ms: u64, version: &str) -> Self {
        self.clock_ms = clock_ms;
        self.version = version.into();
        self
    }

    /// The server's clock, in milliseconds since 1970.
    pub fn clock_ms(&self) -> u64 {
        self.clock_ms
    }

    /// The server's version; for people, to be escaped.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The part of a snapshot in it.
    pub fn as_part(&self) -> Option<&SnapshotPart> {
        self.part.as_ref()
    }

    /// The changes in it.
    pub fn as_changes(&self) -> Option<&Changes> {
        self.changes.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::directory::Snapshot;
    use crate::directory::samples::{CLUSTER, revision};

    #[test]
    fn a_look_survives_the_wire_and_nothing_held_is_not_revision_0() {
        for held in [None, Some(Revision::default()), Some(revision(7, 3))] {
            let bytes = Look::after(held).encode_to_vec();
            let read = Look::decode(&bytes[..]).unwrap();
            assert_eq!((read.held(), read.part()), (held, 0));
        }
    }

    #[test]
    fn the_next_part_is_asked_by_the_revision_of_the_last() {
        let empty = Snapshot {
            revision: revision(9, 0),
            peers: Vec::new(),
        };
        let look = Look::following(&empty.parts(1)[0]);
        assert_eq!((look.held(), look.part()), (Some(revision(9, 0)), 1));
    }

    #[test]
    fn each_answer_is_told_from_the_others() {
        let snapshot = Snapshot {
            revision: revision(9, 0),
            peers: Vec::new(),
        };
        let part = snapshot.parts(1).remove(0);
        let changes = Changes::new(CLUSTER, []);
        for (seen, has) in [
            (Seen::nothing(), (false, false)),
            (Seen::changes(changes), (false, true)),
            (Seen::part(part), (true, false)),
        ] {
            let read = Seen::decode(&seen.encode_to_vec()[..]).unwrap();
            assert_eq!((read.as_part().is_some(), read.as_changes().is_some()), has);
        }
    }
}
