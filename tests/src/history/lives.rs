//! Who lived when, and who was frozen on purpose.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::Run;

/// The lives of all peers.
#[derive(Debug, Default)]
pub(super) struct Lives {
    peers: BTreeMap<u8, Life>,
    died: BTreeSet<Run>,
    knows: BTreeMap<(Run, u8), Vec<u64>>,
}

#[derive(Debug, Default)]
struct Life {
    run: u64,
    deaths: Span,
    stops: Span,
    freezes: Span,
}

/// Counts beginnings and ends of something: odd while it lasts.
#[derive(Debug, Default)]
struct Span(u64);

impl Span {
    fn begin(&mut self) {
        self.0 += 1 - self.0 % 2;
    }

    fn end(&mut self) {
        self.0 += self.0 % 2;
    }

    /// Whether some of it falls into the time since `before`.
    fn was_since(&self, before: u64) -> bool {
        self.0 > before || before % 2 == 1
    }
}

/// A moment in the life of a peer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moment {
    deaths: u64,
    stops: u64,
    freezes: u64,
}

impl Lives {
    pub(super) fn begins(&mut self, run: Run) {
        self.peers.entry(run.peer).or_default().run = run.number;
    }

    pub(super) fn knows(&mut self, who: Run, whom: Run) {
        let runs = self.knows.entry((who, whom.peer)).or_default();
        if !runs.contains(&whom.number) {
            runs.push(whom.number);
        }
    }

    /// Which runs of the peer this run has heard of.
    pub(super) fn known(&self, who: Run, whom: u8) -> &[u64] {
        self.knows.get(&(who, whom)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn dies(&mut self, peer: u8) {
        let life = self.peers.entry(peer).or_default();
        life.deaths.begin();
        let number = life.run;
        self.died.insert(Run { peer, number });
    }

    pub(super) fn stops(&mut self, peer: u8) {
        self.peers.entry(peer).or_default().stops.begin();
    }

    pub(super) fn known_to_all(&mut self, peer: u8) {
        let life = self.peers.entry(peer).or_default();
        life.deaths.end();
        life.stops.end();
    }

    pub(super) fn freeze(&mut self, peer: u8, frozen: bool) {
        let freezes = &mut self.peers.entry(peer).or_default().freezes;
        if frozen {
            freezes.begin();
        } else {
            freezes.end();
        }
    }

    /// Whether the run ended where it was.
    pub(super) fn died(&self, run: Run) -> bool {
        self.died.contains(&run)
    }

    pub(super) fn now(&self, peer: u8) -> Moment {
        let life = self.peers.get(&peer);
        life.map_or(Moment::default(), |life| Moment {
            deaths: life.deaths.0,
            stops: life.stops.0,
            freezes: life.freezes.0,
        })
    }

    /// Whether a run of the peer was gone at some time since.
    pub(super) fn has_died_since(&self, peer: u8, before: Moment) -> bool {
        let life = self.peers.get(&peer);
        life.is_some_and(|life| life.deaths.was_since(before.deaths))
    }

    /// Whether the peer was stopping, or stopped, at some time since.
    pub(super) fn has_stopped_since(&self, peer: u8, before: Moment) -> bool {
        let life = self.peers.get(&peer);
        life.is_some_and(|life| life.stops.was_since(before.stops))
    }

    /// Whether the peer was frozen at some time since.
    pub(super) fn was_frozen_since(&self, peer: u8, before: Moment) -> bool {
        let life = self.peers.get(&peer);
        life.is_some_and(|life| life.freezes.was_since(before.freezes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_counts_for_what_began_during_it_or_ended_after_its_beginning() {
        let mut lives = Lives::default();
        let before = lives.now(1);
        assert!(!lives.has_died_since(1, before));
        lives.dies(1);
        let during = lives.now(1);
        assert!(lives.has_died_since(1, before) && lives.has_died_since(1, during));
        lives.known_to_all(1);
        assert!(lives.has_died_since(1, before) && lives.has_died_since(1, during));
        let after = lives.now(1);
        assert!(!lives.has_died_since(1, after) && !lives.has_died_since(2, after));
    }
}
