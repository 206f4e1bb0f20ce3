//! How much credit a lane's sender gets: as much as the lane takes in a second, within the budget.
//!
//! Pure: a function of what was taken and of the time handed in. What was given is not taken back
//! while there is a link, so a window grows at once and shrinks only as fast as its sender uses it
//! up. One that nobody uses any more would hold its part of the budget for as long as the session
//! lasts; it goes when the last link is closed as idle.

use std::time::Duration;

use tokio::time::Instant;

use super::kind::MAX_FRAME;
use super::lane_id::LaneId;
use super::lock::bound;
use super::log::LEAST_COST;
use super::memory_budget::{MemoryBudget, Part};
use super::outbound::LANE_COST;

/// Cost that every lane may hold without asking the budget, each way; the credit that a sender has
/// before it is told any.
pub(crate) const LANE_SHARE: u64 = bound(256 << 10, 4 * LEAST_COST);
/// A window that is used up within this time grows: so it holds what comes in one round trip,
/// however long that takes up to here.
const BUSY: Duration = Duration::from_secs(1);
/// A window of which less than a quarter was used in this time shrinks.
const QUIET: Duration = Duration::from_secs(10);

/// The credit given to the sender of one lane.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    part: Part,
    /// How much is to be outstanding at most.
    size: u64,
    /// How much is, counted from what was last reported as taken.
    granted: u64,
    /// How much was before the window was closed, as far as no more was taken since.
    before: u64,
    /// What is held for that which ended sessions have left parked.
    ended: u64,
    /// When the present period began, and the cost taken in it.
    since: Option<Instant>,
    used: u64,
}

impl Window {
    pub(crate) fn new(lane: LaneId, budget: &MemoryBudget) -> Self {
        Self {
            part: budget.part(!lane.is_application()),
            size: LANE_SHARE,
            granted: LANE_SHARE,
            before: 0,
            ended: 0,
            since: None,
            used: 0,
        }
    }

    /// How much is outstanding at most.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The sender is told that `cost` more was taken; returns the credit to tell it.
    pub(crate) fn report(&mut self, cost: u64) -> u64 {
        self.used += cost;
        self.before = self.before.saturating_sub(cost);
        self.granted = self.granted.saturating_sub(cost).max(self.size);
        // Shrinking never fails, and growing was paid for when the size grew.
        self.part.resize(self.granted - LANE_SHARE + self.ended);
        self.granted
    }

    /// Whether so much may be outstanding. Beyond what is granted it may if that was granted before
    /// the window was closed, and there is room in the budget: what crossed the end of the link.
    pub(crate) fn covers(&mut self, cost: u64) -> bool {
        if cost <= self.granted {
            return true;
        }
        let held = cost.max(self.size) - LANE_SHARE + self.ended;
        let covered = cost <= self.before && self.part.resize(held);
        if covered {
            self.granted = cost;
        }
        covered
    }

    /// Nobody uses the lane, and the next Hello tells its sender what it has from then on: that of
    /// the beginning.
    pub(crate) fn rest(&mut self) {
        self.before = self.before.max(self.granted);
        (self.size, self.granted) = (LANE_SHARE, LANE_SHARE);
        (self.since, self.used) = (None, 0);
        self.part.resize(self.ended);
    }

    /// Its lane has ended: nothing is held for it any more.
    pub(crate) fn let_go(&mut self) {
        (self.size, self.granted) = (LANE_SHARE, LANE_SHARE);
        (self.before, self.ended) = (0, 0);
        self.part.resize(0);
    }

    /// Looks at how much of the window was used in the present period, `unreported` included, and
    /// begins a new one if that says something.
    pub(crate) fn review(&mut self, unreported: u64, now: Instant) {
        let since = *self.since.get_or_insert(now);
        let used = self.used + unreported;
        let took = now.saturating_duration_since(since);
        if used >= self.size {
            if took <= BUSY {
                self.grow();
            }
        } else if took < QUIET {
            return;
        } else if used < self.size / 4 {
            self.size = (self.size / 2).max(LANE_SHARE);
        }
        self.since = Some(now);
        self.used = 0;
    }

    /// The session has ended: its sender has the credit of the beginning. To be followed by
    /// [`keep_ended`](Self::keep_ended).
    pub(crate) fn end_session(&mut self) {
        (self.size, self.granted) = (LANE_SHARE, LANE_SHARE);
        (self.since, self.used) = (None, 0);
        self.before = 0;
    }

    /// Ended sessions have left so much parked: that counts for as long as it is, beyond what any
    /// lane may hold beforehand. `false`: there is no budget for it. There always is for what one
    /// session has left, and for less than before.
    pub(crate) fn keep_ended(&mut self, cost: u64) -> bool {
        let ended = cost.saturating_sub(LANE_SHARE + MAX_FRAME as u64);
        let granted = self.granted.max(self.size);
        let kept = self.part.resize(granted - LANE_SHARE + ended);
        if kept {
            self.ended = ended;
        }
        kept
    }

    fn grow(&mut self) {
        let size = (self.size * 2).min(LANE_COST);
        let held = self.granted.max(size) - LANE_SHARE + self.ended;
        if size > self.size && self.part.resize(held.max(self.part.held())) {
            self.size = size;
        }
    }
}

#[cfg(test)]
impl Window {
    /// The most that may still come, counted from what was last reported as taken.
    fn granted(&self) -> u64 {
        self.granted
    }

    /// A window that has grown already.
    pub(super) fn whole() -> Self {
        let mut window = Self::new(LaneId::DEFAULT, &MemoryBudget::default());
        while window.size < LANE_COST {
            window.grow();
        }
        window.report(0);
        window
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// Takes all that was granted every `round_trip`, so often.
    fn run(window: &mut Window, now: &mut Instant, round_trip: Duration, rounds: usize) {
        for _ in 0..rounds {
            *now += round_trip;
            let all = window.granted();
            window.review(all, *now);
            window.report(all);
        }
    }

    #[test]
    fn a_window_grows_to_the_cap_also_over_a_fifth_of_a_second_and_shrinks_when_quiet() {
        let budget = MemoryBudget::default();
        let mut window = Window::new(LaneId::DEFAULT, &budget);
        let mut now = Instant::now();
        run(&mut window, &mut now, 200 * MILLISECOND, 12);
        assert_eq!((window.size(), window.granted()), (LANE_COST, LANE_COST));
        assert_eq!(budget.taken(), LANE_COST - LANE_SHARE);
        for _ in 0..200 {
            now += Duration::from_secs(1);
            window.review(100_000, now);
            window.report(100_000);
        }
        assert!(window.size() <= 4 << 20, "{}", window.size());
        assert_eq!(budget.taken(), window.granted() - LANE_SHARE);
    }

    #[test]
    fn without_budget_a_window_stays_what_every_lane_has() {
        let budget = MemoryBudget::new(0);
        let mut window = Window::new(LaneId::DEFAULT, &budget);
        run(&mut window, &mut Instant::now(), MILLISECOND, 50);
        assert_eq!((window.size(), budget.taken()), (LANE_SHARE, 0));
        assert!(budget.refusals() > 0);
    }

    #[test]
    fn a_window_that_nobody_uses_gives_back_its_part_and_covers_what_crossed_that() {
        let budget = MemoryBudget::new(16 << 20);
        let mut window = Window::new(LaneId::DEFAULT, &budget);
        run(&mut window, &mut Instant::now(), MILLISECOND, 12);
        assert_eq!(budget.taken(), LANE_COST - LANE_SHARE);
        window.rest();
        assert_eq!((budget.taken(), window.report(0)), (0, LANE_SHARE));
        let other = {
            let mut other = budget.part(false);
            assert!(other.resize(10 << 20));
            other
        };
        assert!(!window.covers(LANE_COST), "the budget has less");
        drop(other);
        assert!(!window.covers(LANE_COST + 1), "that was never granted");
        assert!(window.covers(LANE_COST - 1));
        assert_eq!(budget.taken() + LANE_SHARE, LANE_COST - 1);
        // Taken since: of what was granted before so much is left.
        assert_eq!(window.report(LANE_COST - 1), LANE_SHARE);
        assert_eq!(budget.taken(), 0);
        assert!(!window.covers(LANE_SHARE + 1));
    }

    /// What happens to a lane, and how far it goes.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        /// So much of what was granted is taken, and reported.
        Takes(f64),
        /// So much of what was granted before comes, and was on its way when the link was closed.
        Crosses(f64),
        Rests,
        /// The session ends, and leaves so much of what may have been parked; 1: all of it.
        Ends(f64),
        /// So much of what ended sessions have left is still there.
        Drains(f64),
    }

    fn step() -> impl Strategy<Value = Step> {
        let part = || 0.0_f64..=1.0;
        prop_oneof![
            6 => part().prop_map(Step::Takes),
            1 => part().prop_map(Step::Crosses),
            1 => Just(Step::Rests),
            1 => part().prop_map(Step::Ends),
            1 => part().prop_map(Step::Drains),
        ]
    }

    /// A window, and what is known of its lane.
    struct Lane {
        window: Window,
        taken: u64,
        /// Cost that ended sessions have left.
        left: u64,
    }

    impl Lane {
        fn of(budget: &MemoryBudget) -> Self {
            Self {
                window: Window::new(LaneId::DEFAULT, budget),
                taken: 0,
                left: 0,
            }
        }

        /// What it holds of the budget.
        fn held(&self) -> u64 {
            self.window.granted() - LANE_SHARE + self.window.ended
        }

        fn take(&mut self, part: f64, now: Instant) {
            let window = &mut self.window;
            let end = self.taken + window.granted();
            let cost = (window.granted() as f64 * part) as u64;
            window.review(cost, now);
            let credit = window.report(cost);
            self.taken += cost;
            assert!(self.taken + credit >= end, "credit was taken back");
            assert!((LANE_SHARE..=LANE_COST).contains(&credit));
        }

        fn cross(&mut self, part: f64) {
            let window = &mut self.window;
            let (granted, before) = (window.granted(), window.before.max(window.granted()));
            let cost = (before as f64 * part) as u64;
            let covered = window.covers(cost);
            assert!(covered || cost > granted, "what was granted is refused");
            assert_eq!(
                window.granted(),
                if covered { granted.max(cost) } else { granted }
            );
            assert!(!window.covers(before + 1), "that was never granted");
        }

        /// As far as there is no budget for what several have left, the oldest goes.
        fn end(&mut self, part: f64) {
            let most = self.window.granted() + MAX_FRAME as u64;
            let left = (most as f64 * part) as u64;
            self.left += left;
            self.window.end_session();
            while !self.window.keep_ended(self.left) {
                assert!(self.left > left, "what one session leaves is always kept");
                self.left = left.max(self.left / 2);
            }
        }

        fn drain(&mut self, part: f64) {
            self.left = (self.left as f64 * part) as u64;
            assert!(self.window.keep_ended(self.left), "it is less than before");
        }
    }

    proptest! {
        /// Whatever lanes do, and whatever they get: no credit is taken back while there is a link,
        /// each has its share, the budget holds and counts exactly what was granted and what ended
        /// sessions have left, and all of it comes back.
        #[test]
        fn credit_is_never_taken_back_and_never_more_than_there_is(
            limit in 0_u64..64 << 20,
            steps in prop::collection::vec((0_usize..4, 0_u64..3_000, step()), 1..400),
        ) {
            let budget = MemoryBudget::new(limit);
            let mut lanes: Vec<_> = (0..4).map(|_| Lane::of(&budget)).collect();
            let mut now = Instant::now();
            for (lane, pause, step) in steps {
                now += pause as u32 * MILLISECOND;
                let lane = &mut lanes[lane];
                match step {
                    Step::Takes(part) => lane.take(part, now),
                    Step::Crosses(part) => lane.cross(part),
                    Step::Rests => lane.window.rest(),
                    Step::Ends(part) => lane.end(part),
                    Step::Drains(part) => lane.drain(part),
                }
                let held: u64 = lanes.iter().map(Lane::held).sum();
                prop_assert_eq!(budget.taken(), held);
                prop_assert!(budget.taken() <= limit);
            }
            drop(lanes);
            prop_assert_eq!(budget.taken(), 0);
        }
    }
}
