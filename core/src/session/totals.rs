//! What went through one lane, and what is in it now.

use super::inbound::Inbound;
use super::outbound::Outbound;

/// What went through the sending half of a lane in all sessions, and what is in it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LaneTotals {
    /// Messages that were ever accepted, voids and news of missed events among them.
    pub(crate) accepted: u64,
    /// Messages that were appended to a link again.
    pub(crate) resent: u64,
    /// Messages that were given up before they were delivered.
    pub(crate) voided: u64,
    /// Events that were skipped because the receiver was slow.
    pub(crate) skipped: u64,
    /// Messages that are not acknowledged, and their cost.
    pub(crate) waiting: u64,
    pub(crate) waiting_cost: u64,
    /// Commands that wait for their outcome.
    pub(crate) in_flight: u64,
}

impl LaneTotals {
    /// Adds those of another lane.
    pub(crate) fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.resent += other.resent;
        self.voided += other.voided;
        self.skipped += other.skipped;
        self.waiting += other.waiting;
        self.waiting_cost += other.waiting_cost;
        self.in_flight += other.in_flight;
    }

    /// What stays of them once the lane is gone.
    pub(crate) fn of_the_past(self) -> Self {
        Self {
            waiting: 0,
            waiting_cost: 0,
            in_flight: 0,
            ..self
        }
    }
}

impl Outbound {
    /// What went through it.
    pub(crate) fn totals(&self) -> LaneTotals {
        LaneTotals {
            accepted: self.accepted_before + self.next(),
            resent: self.resent,
            voided: self.log.voided(),
            skipped: self.missed_ever(),
            waiting: self.next() - self.freed(),
            waiting_cost: self.log.cost(),
            in_flight: self.pending.len() as u64,
        }
    }
}

impl Inbound {
    /// Cost of what is parked.
    pub(crate) fn parked_cost(&self) -> u64 {
        self.parked_cost
    }
}
