//! One run of a peer.

use std::fmt;

/// One run of a peer: a number that the directory hands out, strictly growing per
/// [`PeerId`](super::PeerId).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Incarnation(pub u64);

impl Incarnation {
    /// Not registered: such a peer may only speak to a directory.
    pub const NONE: Self = Self(0);

    /// Whether the directory has given this run a number.
    pub fn is_registered(self) -> bool {
        self != Self::NONE
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
