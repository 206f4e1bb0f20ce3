//! The two directions of a relay.

use std::fmt;

/// Which way packets go. Each direction has weather, random numbers and counters of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From clients to the target.
    ToTarget,
    /// From the target back to its clients.
    FromTarget,
}

impl Direction {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::ToTarget, Self::FromTarget];

    /// Where this direction stands in [`BOTH`](Self::BOTH).
    pub(crate) fn place(self) -> usize {
        match self {
            Self::ToTarget => 0,
            Self::FromTarget => 1,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ToTarget => "to target",
            Self::FromTarget => "from target",
        })
    }
}
