//! The kinds of faults, and how often each really happened.

use std::fmt;

/// What can go wrong between a sender and a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Their link breaks, at any byte.
    Cut,
    /// Nothing passes for a moment, in either direction; then all of it.
    Stall,
    /// What goes one way vanishes until the link is given up.
    BlackHole,
    /// The receiver dies, with a word or without, and starts again.
    Restart,
    /// Everybody appears at another address.
    Move,
}

impl Fault {
    pub(super) const ALL: [Self; 5] = [
        Self::Cut,
        Self::Stall,
        Self::BlackHole,
        Self::Restart,
        Self::Move,
    ];

    /// How many of a hundred faults are of this kind.
    fn share(self) -> u64 {
        match self {
            Self::Cut => 90,
            Self::Stall => 4,
            Self::BlackHole | Self::Restart => 2,
            Self::Move => 2,
        }
    }

    /// A fault by chance, so that each kind comes by its share.
    pub(super) fn draw(random: &mut fastrand::Rng) -> Self {
        let mut at = random.u64(..100);
        for fault in Self::ALL {
            if at < fault.share() {
                return fault;
            }
            at -= fault.share();
        }
        Self::Cut
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Cut => "cuts",
            Self::Stall => "stalls",
            Self::BlackHole => "black holes",
            Self::Restart => "restarts",
            Self::Move => "moves",
        }
    }
}

/// How often each kind of fault really happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fired([u64; Fault::ALL.len()]);

impl Fired {
    pub(super) fn count(&mut self, fault: Fault) {
        self.0[fault as usize] += 1;
    }

    /// Links that were cut by force; whoever needs them dials again.
    pub fn cuts(&self) -> u64 {
        self.0[Fault::Cut as usize]
    }

    /// Kinds that never happened. `packets`: addresses can change there.
    pub(super) fn missing(&self, packets: bool) -> impl Iterator<Item = Fault> {
        let never = |fault: &Fault| self.0[*fault as usize] == 0;
        let all = Fault::ALL.into_iter().filter(never);
        all.filter(move |fault| packets || *fault != Fault::Move)
    }
}

impl fmt::Display for Fired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = Fault::ALL.map(|fault| format!("{} {}", self.0[fault as usize], fault.words()));
        f.write_str(&kinds.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_drawn_by_its_share_and_what_never_happened_is_named() {
        let shares: u64 = Fault::ALL.iter().map(|fault| fault.share()).sum();
        assert_eq!(shares, 100);
        let mut random = fastrand::Rng::with_seed(1);
        let mut fired = Fired::default();
        assert_eq!(fired.missing(false).count(), 4);
        (0..10_000).for_each(|_| fired.count(Fault::draw(&mut random)));
        assert_eq!(fired.missing(true).count(), 0);
        assert!((8_800..9_200).contains(&fired.cuts()), "{fired}");
    }
}
