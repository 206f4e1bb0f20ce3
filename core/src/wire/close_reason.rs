//! Why a link was closed, as a number that the other side reads.

use std::fmt;

/// Why a link was closed. The numbers travel and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// Nothing is left to say.
    Done,
    /// The process stops.
    Stopping,
    /// The other side is not registered yet; dial again later.
    Starting,
    /// The other side's incarnation is older than the one known here.
    OldIncarnation,
    /// The other side speaks of a memory that is gone; dial again.
    Stale,
    /// Another link between the two was chosen.
    Loser,
    /// The session that the link belonged to has ended.
    SessionEnded,
    /// The other side broke the protocol.
    Protocol,
    /// The certificate does not cover what the other side claims to be.
    NotAllowed,
    /// No frame came in time.
    Unresponsive,
    /// Nothing was exchanged for a while.
    Idle,
    /// Another process with the same peer id has replaced the other side.
    Fenced,
    /// A number this version does not know.
    Unknown(u32),
}

impl CloseReason {
    /// The number on the wire.
    pub fn code(self) -> u32 {
        match self {
            Self::Done => 0,
            Self::Stopping => 1,
            Self::Starting => 2,
            Self::OldIncarnation => 3,
            Self::Stale => 4,
            Self::Loser => 5,
            Self::SessionEnded => 6,
            Self::Protocol => 7,
            Self::NotAllowed => 8,
            Self::Unresponsive => 9,
            Self::Idle => 10,
            Self::Fenced => 11,
            Self::Unknown(code) => code,
        }
    }

    /// The reason with this number.
    pub fn from_code(code: u64) -> Self {
        match code {
            0 => Self::Done,
            1 => Self::Stopping,
            2 => Self::Starting,
            3 => Self::OldIncarnation,
            4 => Self::Stale,
            5 => Self::Loser,
            6 => Self::SessionEnded,
            7 => Self::Protocol,
            8 => Self::NotAllowed,
            9 => Self::Unresponsive,
            10 => Self::Idle,
            11 => Self::Fenced,
            code => Self::Unknown(u32::try_from(code).unwrap_or(u32::MAX)),
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "nothing left to say",
            Self::Stopping => "the process stops",
            Self::Starting => "not registered yet",
            Self::OldIncarnation => "an older incarnation",
            Self::Stale => "a stale memory of the session",
            Self::Loser => "another link was chosen",
            Self::SessionEnded => "the session has ended",
            Self::Protocol => "the protocol was broken",
            Self::NotAllowed => "the certificate does not cover the claim",
            Self::Unresponsive => "no frame came in time",
            Self::Idle => "nothing was exchanged for a while",
            Self::Fenced => "another process has taken this peer id",
            Self::Unknown(code) => return write!(f, "reason {code}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_found_again_by_its_number() {
        for code in 0..=11 {
            let reason = CloseReason::from_code(code);
            assert!(!matches!(reason, CloseReason::Unknown(_)), "{code}");
            assert_eq!(u64::from(reason.code()), code);
        }
        assert_eq!(CloseReason::from_code(77), CloseReason::Unknown(77));
    }
}
