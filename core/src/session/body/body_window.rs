//! How far a body may come ahead of its reader: as much as one round trip moves and a little more,
//! within the budget.
//!
//! Pure: a function of what was read and of the time handed in. A window that holds more than the
//! way needs fills queues that other lanes wait in; a lane's window may, since what it carries is
//! the lane's own.

use std::time::Duration;

use tokio::time::Instant;

use super::{BODY_WINDOW, WIDEST};
use crate::session::memory_budget::{MemoryBudget, Part};

/// A window of less than so many times what a round trip moves grows. With 2 a body on loopback
/// had 1 MiB on its way, which others wait for.
const SLACK: f64 = 1.25;
/// A window of which less than a quarter was read in this time is halved.
const QUIET: Duration = Duration::from_secs(10);

/// The credit given to the sender of one body.
#[derive(Debug)]
pub(crate) struct BodyWindow {
    part: Part,
    size: u64,
    /// Up to which byte the sender may send.
    credit: u64,
    /// What was read when credit was last given.
    reported: u64,
    /// When the present period began, and what had been read by then.
    since: Option<(Instant, u64)>,
    /// The shortest time that credit took to bring bytes.
    round_trip: Duration,
    /// Bytes beyond the first number can only have come of the credit given then.
    awaited: Option<(u64, Instant)>,
}

impl BodyWindow {
    /// The window of a body that was asked for up to [`BODY_WINDOW`]; its first bytes came
    /// `after` that.
    pub(crate) fn new(budget: &MemoryBudget, after: Duration) -> Self {
        Self {
            part: budget.part(false),
            size: BODY_WINDOW,
            credit: BODY_WINDOW,
            reported: 0,
            since: None,
            round_trip: after,
            awaited: None,
        }
    }

    /// Up to which byte the sender may send.
    #[cfg(test)]
    pub(crate) fn credit(&self) -> u64 {
        self.credit
    }

    /// How many bytes more than [`BODY_WINDOW`] may be on their way unread.
    pub(crate) fn beyond_share(&self) -> u64 {
        self.part.held()
    }

    /// Whether enough was read to give credit anew: a quarter of the window.
    pub(crate) fn is_due(&self, read: u64) -> bool {
        read - self.reported >= self.size / 4
    }

    /// Gives credit anew, now that so much was read in all.
    pub(crate) fn renew(&mut self, read: u64, now: Instant) -> u64 {
        self.measure(read, now);
        self.review(read, now);
        let credit = self.credit.max(read + self.size);
        self.awaited.get_or_insert((self.credit, now));
        (self.credit, self.reported) = (credit, read);
        // Shrinking never fails, and growing was paid for when the size grew.
        self.part
            .resize((credit - read).max(self.size) - BODY_WINDOW);
        credit
    }

    fn measure(&mut self, read: u64, now: Instant) {
        if let Some((_, given)) = self.awaited.take_if(|(before, _)| read > *before) {
            let took = now.saturating_duration_since(given);
            self.round_trip = self.round_trip.min(took);
        }
    }

    fn review(&mut self, read: u64, now: Instant) {
        let (since, before) = *self.since.get_or_insert((now, read));
        let (used, took) = (read - before, now.saturating_duration_since(since));
        if used >= self.size {
            let moves = used as f64 * self.round_trip.as_secs_f64() / took.as_secs_f64();
            if SLACK * moves > self.size as f64 {
                self.grow(read);
            }
        } else if took < QUIET {
            return;
        } else if used < self.size / 4 {
            self.size = (self.size / 2).max(BODY_WINDOW);
        }
        self.since = Some((now, read));
    }

    fn grow(&mut self, read: u64) {
        let size = (self.size * 2).min(WIDEST);
        let held = (self.credit.saturating_sub(read)).max(size) - BODY_WINDOW;
        if size > self.size && self.part.resize(held.max(self.part.held())) {
            self.size = size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads so many bytes over a way of this round trip that carries so many bytes a second.
    fn read(
        round_trip: Duration,
        per_second: u64,
        bytes: u64,
        budget: &MemoryBudget,
    ) -> (u64, Duration) {
        let begun = Instant::now();
        let mut window = BodyWindow::new(budget, round_trip);
        // When each credit reaches the sender, and when it has sent up to there.
        let (mut at, mut sent, mut now) = (0, begun, begun + round_trip);
        let mut widest = 0;
        let mut credits = std::collections::VecDeque::from([(BODY_WINDOW, begun + round_trip / 2)]);
        while at < bytes {
            let Some((up_to, heard)) = credits.front().copied() else {
                unreachable!("credit is due by a quarter")
            };
            let piece = (up_to - at).min(16 << 10);
            sent = sent.max(heard) + Duration::from_nanos(piece * 1_000_000_000 / per_second);
            at += piece;
            now = now.max(sent + round_trip / 2);
            if at == up_to {
                credits.pop_front();
            }
            if window.is_due(at) {
                credits.push_back((window.renew(at, now), now + round_trip / 2));
            }
            widest = widest.max(window.beyond_share() + BODY_WINDOW);
            assert_eq!(budget.taken(), window.beyond_share());
        }
        (widest, now - begun)
    }

    #[test]
    fn a_window_grows_as_far_as_the_way_needs_and_no_further() {
        let budget = MemoryBudget::default();
        let (ms, mb) = (Duration::from_millis(1), 1_000_000);
        let (widest, _) = read(ms / 5, 600 * mb, 256 << 20, &budget);
        assert_eq!(widest, BODY_WINDOW, "a short way");
        let (widest, took) = read(400 * ms, 1_000 * mb, 256 << 20, &budget);
        assert_eq!(widest, WIDEST, "a long way");
        assert!(took < 17 * 1_000 * ms, "{took:?}");
        let (widest, _) = read(400 * ms, mb, 64 << 20, &budget);
        assert!(
            (512 << 10..=1 << 20).contains(&widest),
            "a long and narrow way: {widest}"
        );
        assert_eq!(budget.taken(), 0);
    }

    #[test]
    fn without_budget_a_window_stays_what_every_body_has() {
        let budget = MemoryBudget::new(0);
        let (widest, _) = read(Duration::from_millis(400), 1 << 30, 8 << 20, &budget);
        assert_eq!((widest, budget.refusals() > 0), (BODY_WINDOW, true));
    }

    #[test]
    fn a_body_that_is_hardly_read_gives_back_what_its_window_grew_by() {
        let budget = MemoryBudget::default();
        let mut window = BodyWindow::new(&budget, Duration::from_millis(400));
        let mut now = Instant::now();
        let mut at = 0;
        for _ in 0..10 {
            at = window.credit();
            now += Duration::from_millis(400);
            window.renew(at, now);
        }
        assert_eq!(budget.taken(), WIDEST - BODY_WINDOW);
        for _ in 0..4_000 {
            now += Duration::from_secs(1);
            at += 5_000;
            window.renew(at, now);
        }
        assert_eq!(budget.taken(), 0);
    }
}
