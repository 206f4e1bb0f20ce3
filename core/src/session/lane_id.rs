//! Which lane: a number that one side hands out for the lanes it sends in.

use std::fmt;

/// The number of a lane, in the numbering of the side that sends in it; constant for an
/// incarnation.
///
/// | number | lane |
/// | --- | --- |
/// | 0 | control |
/// | 1 | infrastructure, unsequenced |
/// | 2 | infrastructure |
/// | 3 | outcomes of infrastructure commands |
/// | 4 | outcomes of application commands |
/// | 5 | `default` |
/// | 6–16 | lanes named by message types, in the order of their first use |
/// | 17, 18 | unsequenced lanes named by message types, in the order of their first use |
/// | 19 | outcomes of unsequenced commands |
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(pub(crate) u8);

impl LaneId {
    /// Directory commands and changes after registration.
    pub const INFRASTRUCTURE: Self = Self(2);
    /// Outcomes of infrastructure commands.
    pub const INFRASTRUCTURE_OUTCOMES: Self = Self(3);
    /// Outcomes of application commands.
    pub const OUTCOMES: Self = Self(4);
    /// Application messages whose type names no lane.
    pub const DEFAULT: Self = Self(5);
    /// How many numbers there are: five of our own, `default` and 11 named lanes (promise 17).
    pub const COUNT: usize = 17;

    /// The first of the unsequenced lanes in which commands travel.
    pub const UNSEQUENCED: Self = Self(17);
    /// How many of those a process may use.
    pub const MOST_UNSEQUENCED: usize = 2;
    /// Outcomes of unsequenced commands.
    pub const UNSEQUENCED_OUTCOMES: Self = Self(19);

    /// All sequenced lanes.
    pub fn sequenced() -> impl Iterator<Item = Self> {
        (Self::INFRASTRUCTURE.0..Self::COUNT as u8).map(Self)
    }

    /// The lane with this number, if it is a sequenced one.
    pub fn from_wire(number: u64) -> Option<Self> {
        let number = u8::try_from(number).ok()?;
        let sequenced = Self::INFRASTRUCTURE.0..Self::COUNT as u8;
        sequenced.contains(&number).then_some(Self(number))
    }

    /// The unsequenced lane with this number, if it is one (R13).
    pub(crate) fn unsequenced_from_wire(number: u64) -> Option<Self> {
        let number = u8::try_from(number).ok()?;
        let unsequenced = Self::UNSEQUENCED.0..=Self::UNSEQUENCED_OUTCOMES.0;
        unsequenced.contains(&number).then_some(Self(number))
    }

    /// The unsequenced lane of a process's `at`th name.
    pub(crate) fn unsequenced_at(at: usize) -> Option<Self> {
        (at < Self::MOST_UNSEQUENCED).then_some(Self(Self::UNSEQUENCED.0 + at as u8))
    }

    /// Whether what travels in it may be lost with its link (R13); else it is sequenced.
    #[inline]
    pub fn is_unsequenced(self) -> bool {
        self >= Self::UNSEQUENCED
    }

    /// The lane at this place of an array of [`COUNT`](Self::COUNT) lanes.
    pub(crate) fn at(index: usize) -> Option<Self> {
        (index < Self::COUNT).then_some(Self(index as u8))
    }

    /// Whether application messages travel in it, one after the other.
    pub(crate) fn is_application(self) -> bool {
        self >= Self::DEFAULT && !self.is_unsequenced()
    }

    /// Whether only outcomes travel in it: such a lane is spared by *down* (R9).
    pub fn carries_outcomes(self) -> bool {
        matches!(self, Self::OUTCOMES | Self::INFRASTRUCTURE_OUTCOMES)
    }

    /// The lane in which the outcome of a command that came in this lane goes back.
    pub fn outcome_lane(self) -> Self {
        match self {
            Self::INFRASTRUCTURE => Self::INFRASTRUCTURE_OUTCOMES,
            unsequenced if unsequenced.is_unsequenced() => Self::UNSEQUENCED_OUTCOMES,
            _ => Self::OUTCOMES,
        }
    }

    /// The lane's place in an array of [`COUNT`](Self::COUNT) lanes.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl fmt::Debug for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lane {}", self.0)
    }
}
