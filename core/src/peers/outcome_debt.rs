//! Outcomes that are owed to a peer, and when they are too many (promise 20).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::peer::Peer;
use crate::session::{LaneId, Outbound};

/// Most outcomes owed to one peer (promise 20).
const MAX_OWED: u64 = 65_536;

/// Whether a peer is owed too many outcomes, by the lane that they go in. Written under that lane's
/// lock; looked at before each command, which therefore locks nothing.
#[derive(Debug, Default)]
pub(super) struct OutcomeDebt {
    infrastructure: AtomicBool,
    application: AtomicBool,
}

impl OutcomeDebt {
    /// What outcomes of the commands of this lane are owed by; `None`: none that is kept (R13).
    #[inline]
    fn of(&self, lane: LaneId) -> Option<&AtomicBool> {
        match lane.outcome_lane() {
            LaneId::OUTCOMES => Some(&self.application),
            LaneId::INFRASTRUCTURE_OUTCOMES => Some(&self.infrastructure),
            _ => None,
        }
    }

    /// An outcome for commands of this lane has been entered.
    #[inline]
    pub(super) fn grow(&self, lane: LaneId, out: &mut Outbound) {
        if is_too_much(out)
            && let Some(too_much) = self.of(lane)
        {
            too_much.store(true, Ordering::Release);
        }
    }
}

#[inline]
fn is_too_much(out: &mut Outbound) -> bool {
    out.next() - out.freed() >= MAX_OWED || !out.has_log_room(0)
}

impl Peer {
    /// Whether so many outcomes wait for this peer that its next command in this lane has to. Then
    /// its lanes are pumped, and `Deliver::relieve` is called, when they are fewer.
    pub(crate) fn is_owed_too_much(&self, lane: LaneId) -> bool {
        if lane.is_unsequenced() {
            return self.unsequenced().owes_too_much();
        }
        self.debt(lane)
            .is_some_and(|too_much| too_much.load(Ordering::Acquire))
    }

    /// The same, for who looks often. `None`: nothing is kept for commands of this lane (R13).
    #[inline]
    pub(crate) fn debt(&self, lane: LaneId) -> Option<&AtomicBool> {
        self.outcome_debt.of(lane)
    }

    /// Outcomes were taken, or their session has ended: commands that waited for that go on.
    pub(super) fn settle(self: &Arc<Self>) {
        let lanes = [LaneId::INFRASTRUCTURE, LaneId::DEFAULT];
        let relieved = lanes.map(|lane| self.settle_lane(lane));
        if relieved.contains(&true) {
            self.shared.deliver.relieve(self);
            self.pump_all();
        }
    }

    /// Whether too much was owed for commands of this lane, and is no more.
    fn settle_lane(&self, lane: LaneId) -> bool {
        let Some(too_much) = self.debt(lane).filter(|debt| debt.load(Ordering::Acquire)) else {
            return false;
        };
        let mut out = self.lanes().out(lane.outcome_lane());
        let settled = !is_too_much(&mut out);
        settled && too_much.swap(false, Ordering::AcqRel)
    }
}
