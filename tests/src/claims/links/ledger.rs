//! What one peer sent to the other, and what became of it.

use std::fmt;
use std::sync::Arc;

use super::command_ledger::CommandLedger;
use super::event_ledger::EventLedger;

/// One run of a peer, from 1: its incarnation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Run(pub(super) u64);

/// What goes from one peer to the other, over all runs of both.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    pub(super) events: Arc<EventLedger>,
    pub(super) commands: Arc<CommandLedger>,
}

/// Where the handlers of one run write.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) run: Run,
    pub(super) hears: Arc<EventLedger>,
    pub(super) answers: Arc<CommandLedger>,
}

/// What is wrong with the deliveries of one direction; all zero if nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Faults {
    /// Events accepted, to be handled, and not handled.
    pub(super) lost: u64,
    /// Events or commands handled more than once.
    pub(super) doubled: u64,
    /// Events handled after a later one.
    pub(super) out_of_order: u64,
    /// Events that the bus skipped for a slow receiver, or for one that it did not know.
    pub(super) missed: u64,
    /// Sends without an outcome.
    pub(super) without_outcome: u64,
    /// Sends whose outcome is not true: a wrong reply, *lost* without a restart, *not handled*
    /// though it was, *replied* though it was not.
    pub(super) wrong_outcome: u64,
}

impl Faults {
    pub(super) fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.out_of_order += other.out_of_order;
        self.missed += other.missed;
        self.without_outcome += other.without_outcome;
        self.wrong_outcome += other.wrong_outcome;
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            lost,
            doubled,
            out_of_order,
            missed,
            without_outcome,
            wrong_outcome,
        } = self;
        write!(
            f,
            "lost {lost}, doubled {doubled}, out of order {out_of_order}, missed {missed}, sends \
             without an outcome {without_outcome}, with a wrong one {wrong_outcome}"
        )
    }
}
