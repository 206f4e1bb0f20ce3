//! The latest changes, each encoded once.

use std::collections::VecDeque;

use bytes::Bytes;
use quibus::Revision;
use quibus::directory::Change;
use quibus::directory::contract::Changes;

/// The latest changes in their wire form, for all who follow.
///
/// A follower is a revision, not a queue: a slow one costs nothing here, and once what it lacks
/// has been dropped it gets a snapshot.
#[derive(Debug)]
pub struct ChangeRing {
    entries: VecDeque<Entry>,
    bytes: usize,
    latest: Revision,
    limits: (usize, usize),
}

#[derive(Debug)]
struct Entry {
    previous: Revision,
    revision: Revision,
    encoded: Bytes,
}

/// What comes after a revision.
#[derive(Debug, Clone, PartialEq)]
pub enum After {
    /// Nothing yet.
    Nothing,
    /// These changes, which lead to the revision.
    Changes(Changes, Revision),
    /// What came directly after it is no longer here, or it counts another state: a snapshot.
    Snapshot,
    /// It has not been reached here yet: wait, never lead back.
    Ahead,
}

impl ChangeRing {
    /// A ring for the changes after `latest`, of at most `max_changes` and `max_bytes`; the latest
    /// change is kept whatever its length.
    pub fn new(latest: Revision, max_changes: usize, max_bytes: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            latest,
            limits: (max_changes, max_bytes),
        }
    }

    /// Takes the next change.
    pub fn push(&mut self, change: &Change) {
        debug_assert_eq!(change.previous, self.latest);
        let encoded = change.encode();
        self.bytes += encoded.len();
        self.latest = change.revision;
        self.entries.push_back(Entry {
            previous: change.previous,
            revision: change.revision,
            encoded,
        });
        let (max_changes, max_bytes) = self.limits;
        while self.entries.len() > 1 && (self.entries.len() > max_changes || self.bytes > max_bytes)
        {
            let dropped = self.entries.pop_front();
            self.bytes -= dropped.map_or(0, |entry| entry.encoded.len());
        }
    }

    /// What comes after `held`: at most `max_bytes` of changes, but at least one.
    pub fn after(&self, held: Revision, max_bytes: usize) -> After {
        if held == self.latest {
            return After::Nothing;
        }
        if held.cluster != self.latest.cluster {
            return After::Snapshot;
        }
        if held > self.latest {
            return After::Ahead;
        }
        let Ok(first) = self
            .entries
            .binary_search_by_key(&held, |entry| entry.previous)
        else {
            return After::Snapshot;
        };
        let mut size = 0;
        let mut to = held;
        let fitting = self.entries.range(first..).take_while(|entry| {
            size += entry.encoded.len();
            let fits = size <= max_bytes || to == held;
            if fits {
                to = entry.revision;
            }
            fits
        });
        let changes = Changes::new(held.cluster, fitting.map(|entry| &entry.encoded));
        After::Changes(changes, to)
    }
}

#[cfg(test)]
mod tests {
    use quibus::directory::ChangeKind;
    use quibus::id::ClusterId;
    use quibus::{Incarnation, PeerId};

    use super::*;

    fn revision(index: u64) -> Revision {
        Revision {
            cluster: ClusterId(7),
            index,
            sub: 0,
        }
    }

    /// A ring that was given changes 1 to `last`.
    fn ring(last: u64, max_changes: usize, max_bytes: usize) -> ChangeRing {
        let mut ring = ChangeRing::new(revision(0), max_changes, max_bytes);
        for index in 1..=last {
            ring.push(&Change {
                revision: revision(index),
                previous: revision(index - 1),
                kind: ChangeKind::Removed {
                    peer: PeerId::new("Shop.0").unwrap(),
                    incarnation: Incarnation(index),
                },
            });
        }
        ring
    }

    fn indices(after: After) -> (Vec<u64>, u64) {
        let After::Changes(changes, to) = after else {
            panic!("{after:?} holds no changes");
        };
        let read = changes.read().map(|change| change.unwrap().revision.index);
        (read.collect(), to.index)
    }

    #[test]
    fn a_follower_gets_exactly_what_it_lacks() {
        let ring = ring(9, 4, 1 << 20);
        assert_eq!(
            indices(ring.after(revision(5), 1 << 20)),
            (vec![6, 7, 8, 9], 9)
        );
        assert_eq!(indices(ring.after(revision(8), 1 << 20)), (vec![9], 9));
        assert_eq!(ring.after(revision(9), 1 << 20), After::Nothing);
    }

    #[test]
    fn who_is_too_far_behind_or_elsewhere_gets_a_snapshot_and_who_is_ahead_waits() {
        let ring = ring(9, 4, 1 << 20);
        let elsewhere = Revision {
            cluster: ClusterId(8),
            ..revision(8)
        };
        let between = Revision {
            sub: 1,
            ..revision(8)
        };
        for held in [revision(4), Revision::default(), elsewhere, between] {
            assert_eq!(ring.after(held, 1 << 20), After::Snapshot, "{held:?}");
        }
        assert_eq!(ring.after(revision(10), 1 << 20), After::Ahead);
    }

    #[test]
    fn a_batch_ends_at_its_limit_but_always_gets_somewhere() {
        let ring = ring(9, 9, 1 << 20);
        assert_eq!(indices(ring.after(revision(2), 1)), (vec![3], 3));
        let one = ring.entries[2].encoded.len();
        assert_eq!(indices(ring.after(revision(2), 2 * one)), (vec![3, 4], 4));
    }

    #[test]
    fn bytes_bound_the_ring_as_well_as_changes() {
        let ring = ring(9, 9, 1);
        assert_eq!(ring.entries.len(), 1);
        assert_eq!(ring.bytes, ring.entries[0].encoded.len());
        assert_eq!(ring.after(revision(7), 1 << 20), After::Snapshot);
    }
}
