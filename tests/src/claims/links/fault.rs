//! The kinds of faults, and how often each really happened.

use std::fmt;

/// One way for links to break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Both sides lose the link at the same moment.
    BothSides,
    /// One side closes it, wherever the other is in a frame.
    OneSide,
    /// What goes one way vanishes until the link is given up, or for a moment.
    BlackHole,
    /// The link breaks while its sides greet each other.
    DuringHello,
    /// After a cut both sides dial at the same moment.
    CrossingDials,
    /// A process dies and its next run takes its place.
    Restart,
}

impl Fault {
    pub(super) const ALL: [Self; 6] = [
        Self::BothSides,
        Self::OneSide,
        Self::BlackHole,
        Self::DuringHello,
        Self::CrossingDials,
        Self::Restart,
    ];

    /// How many of two hundred faults are of this kind.
    pub(super) fn share(self) -> usize {
        match self {
            Self::BothSides => 55,
            Self::OneSide => 55,
            Self::BlackHole => 25,
            Self::DuringHello => 35,
            Self::CrossingDials => 20,
            Self::Restart => 10,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::BothSides => "on both sides",
            Self::OneSide => "on one side",
            Self::BlackHole => "into a black hole",
            Self::DuringHello => "during Hello",
            Self::CrossingDials => "with crossing dials",
            Self::Restart => "by a restart",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// How often each kind of fault really happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Fired([u64; Fault::ALL.len()]);

impl Fired {
    pub(super) fn count(&mut self, fault: Fault) {
        self.0[fault as usize] += 1;
    }

    pub(super) fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The kinds that never happened.
    pub(super) fn missing(&self) -> Vec<Fault> {
        let mut kinds = Fault::ALL.to_vec();
        kinds.retain(|fault| self.0[*fault as usize] == 0);
        kinds
    }
}

impl fmt::Display for Fired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = Fault::ALL.map(|fault| format!("{} {fault}", self.0[fault as usize]));
        f.write_str(&kinds.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_what_never_happened_is_named() {
        let shares: usize = Fault::ALL.iter().map(|fault| fault.share()).sum();
        assert_eq!(shares, 200);
        let mut fired = Fired::default();
        for fault in &Fault::ALL[1..] {
            fired.count(*fault);
        }
        assert_eq!(
            (fired.total(), fired.missing()),
            (5, vec![Fault::BothSides])
        );
    }
}
