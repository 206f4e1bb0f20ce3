//! What really happened, so that a test can prove that its faults fired.

use super::direction::Direction;

/// What happened to the packets of one direction since the relay started.
///
/// `received + duplicated = forwarded + cut + lost + overflowed + refused + in_flight`, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Came in.
    pub received: u64,
    /// Went out, copies included.
    pub forwarded: u64,
    /// Bytes of UDP payload that went out.
    pub forwarded_bytes: u64,
    /// Met a cut.
    pub cut: u64,
    /// Were lost by chance.
    pub lost: u64,
    /// Found the queue of the rate limit full, or too much on its way already.
    pub overflowed: u64,
    /// Did not pass at once.
    pub delayed: u64,
    /// Went out after one that had come in later from, or for, the same client.
    pub reordered: u64,
    /// Copies that were made.
    pub duplicated: u64,
    /// Were changed, copies included.
    pub corrupted: u64,
    /// The operating system took them not, or gave no socket for their client.
    pub refused: u64,
    /// Are on their way now.
    pub in_flight: u64,
}

/// What happened in a relay since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counters {
    /// From clients to the target.
    pub to_target: Counts,
    /// From the target to its clients.
    pub from_target: Counts,
    /// Clients known now.
    pub clients: u64,
    /// Clients forgotten because there were too many; those longest silent went first.
    pub evicted: u64,
    /// Clients that the target saw come from another port.
    pub addresses_changed: u64,
}

impl Counters {
    /// Those of one direction.
    pub fn of(&self, direction: Direction) -> &Counts {
        match direction {
            Direction::ToTarget => &self.to_target,
            Direction::FromTarget => &self.from_target,
        }
    }
}

impl Counts {
    /// The numbers with their names, in the order of a table.
    pub fn rows(&self) -> [(&'static str, u64); 12] {
        [
            ("received", self.received),
            ("forwarded", self.forwarded),
            ("forwarded bytes", self.forwarded_bytes),
            ("cut", self.cut),
            ("lost", self.lost),
            ("overflowed", self.overflowed),
            ("delayed", self.delayed),
            ("reordered", self.reordered),
            ("duplicated", self.duplicated),
            ("corrupted", self.corrupted),
            ("refused", self.refused),
            ("in flight", self.in_flight),
        ]
    }
}
