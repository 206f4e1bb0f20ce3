//! The four states of a peer.

use std::fmt;

use super::unreadable::Unreadable;

/// What the directory thinks of a peer; whom a state lets through is promise 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeerState {
    /// It answers.
    Up,
    /// It has not been heard for a while. Events wait for it, commands to it fail at once.
    Silent,
    /// It stops in good order and takes nothing new, whether it is heard or not.
    Draining,
    /// It is taken for gone and is no recipient; its numbers are kept in case it returns.
    Down,
}

impl PeerState {
    /// The number on the wire; never 0, so that an absent field is not a state.
    pub(super) fn code(self) -> u32 {
        match self {
            Self::Up => 1,
            Self::Silent => 2,
            Self::Draining => 3,
            Self::Down => 4,
        }
    }

    /// The state with this number.
    pub(super) fn from_code(code: u32) -> Result<Self, Unreadable> {
        match code {
            1 => Ok(Self::Up),
            2 => Ok(Self::Silent),
            3 => Ok(Self::Draining),
            4 => Ok(Self::Down),
            other => Err(Unreadable::new("a peer's state", other)),
        }
    }
}

impl fmt::Display for PeerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Up => "up",
            Self::Silent => "silent",
            Self::Draining => "draining",
            Self::Down => "down",
        })
    }
}
