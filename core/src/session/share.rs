//! How much a lane's log may hold: doubled when it is full, given back when it is empty.

use super::lane_id::LaneId;
use super::memory_budget::{MemoryBudget, Part};
use super::outbound::LANE_COST;
use super::window::LANE_SHARE;

/// What the log of one lane may hold.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    part: Part,
}

impl Share {
    pub(crate) fn new(lane: LaneId, budget: &MemoryBudget) -> Self {
        Self {
            part: budget.part(!lane.is_application()),
        }
    }

    /// The cost that fits.
    pub(crate) fn limit(&self) -> u64 {
        LANE_SHARE + self.part.held()
    }

    /// Whether `cost` fits now or after growing; never above what a lane may hold.
    pub(crate) fn make_room(&mut self, cost: u64) -> bool {
        if cost > LANE_COST {
            return false;
        }
        // Doubled if possible: then the budget is asked a handful of times.
        let doubled = (2 * self.limit()).clamp(cost, LANE_COST);
        self.part.resize(doubled - LANE_SHARE) || self.part.resize(cost - LANE_SHARE)
    }

    /// Holds so many bytes at the most.
    pub(crate) fn keep(&mut self, bytes: u64) {
        let held = bytes.saturating_sub(LANE_SHARE);
        self.part.resize(held.min(self.part.held()));
    }

    /// Nothing is held any more.
    pub(crate) fn give_back(&mut self) {
        self.part.resize(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_doubles_up_to_the_cap_and_gives_all_back() {
        let budget = MemoryBudget::new(20 << 20);
        let mut lanes = [(); 3].map(|()| Share::new(LaneId::DEFAULT, &budget));
        for lane in &mut lanes[..2] {
            while lane.limit() < LANE_COST {
                let wanted = lane.limit() + 1;
                assert!(lane.make_room(wanted));
            }
            assert!(!lane.make_room(LANE_COST + 1));
        }
        // 20 MiB less an eighth less two lanes: what is left is had in the end, not all or nothing.
        let left = (20 << 20) / 8 * 7 - 2 * (LANE_COST - LANE_SHARE);
        assert!(!lanes[2].make_room(LANE_COST));
        assert!(
            lanes[2].make_room(LANE_SHARE + left) && !lanes[2].make_room(LANE_SHARE + left + 1)
        );
        lanes[0].give_back();
        assert_eq!(lanes[0].limit(), LANE_SHARE);
        assert!(lanes[2].make_room(LANE_COST));
    }
}
