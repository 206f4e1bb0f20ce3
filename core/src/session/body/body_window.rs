//! How far a body may come ahead of its reader: as much as one round trip moves and a little more,
//! within the budget; over a short way, beside messages, less than that.
//!
//! Pure: a function of what was read and of the time handed in. A window that holds more than the
//! way needs fills queues that other lanes wait in; a lane's window may, since what it carries is
//! the lane's own. Over a short way the queue is the processors', and no window that keeps a body at
//! full speed leaves it empty: on loopback, with two processors, one of 128 KiB moved 1.1 GB/s and
//! made others wait 6 times as long as without it at the 99th percentile, one of 32 KiB 0.18 GB/s
//! and 1.4 times (`tests/README.md`, `lanes`).

use std::time::Duration;

use tokio::time::Instant;

use super::{BODY_WINDOW, WIDEST};
use crate::session::memory_budget::{MemoryBudget, Part};

/// A window of less than so many times what a round trip moves grows. With 2 a body on loopback
/// had 1 MiB on its way, which others wait for.
const SLACK: f64 = 1.25;
/// What a body may reckon with beside messages: so many bytes a second of round trips, and the least.
const BESIDE_MESSAGES: f64 = 256e6;
const NARROWEST: u64 = 32 << 10;
/// A window of which less than a quarter was read in this time is halved.
const QUIET: Duration = Duration::from_secs(10);

/// The credit given to the sender of one body.
#[derive(Debug)]
pub(crate) struct BodyWindow {
    part: Part,
    /// What a body alone has.
    size: u64,
    /// What this one has now.
    wide: u64,
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
            wide: BODY_WINDOW,
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
        read - self.reported >= self.wide / 4
    }

    /// Gives credit anew, now that so much was read in all; `beside`: messages come, too.
    pub(crate) fn renew(&mut self, read: u64, now: Instant, beside: bool) -> u64 {
        self.measure(read, now);
        self.review(read, now);
        self.wide = match beside {
            true => self.size.min(self.beside_messages()),
            false => self.size,
        };
        let credit = self.credit.max(read + self.wide);
        self.awaited.get_or_insert((self.credit, now));
        (self.credit, self.reported) = (credit, read);
        // Shrinking never fails, and growing was paid for when the size grew.
        self.part
            .resize((credit - read).max(self.size) - BODY_WINDOW);
        credit
    }

    fn beside_messages(&self) -> u64 {
        let moves = BESIDE_MESSAGES * self.round_trip.as_secs_f64();
        (moves as u64).max(NARROWEST)
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
        beside: bool,
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
                credits.push_back((window.renew(at, now, beside), now + round_trip / 2));
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
        let (widest, _) = read(ms / 5, 600 * mb, 256 << 20, &budget, false);
        assert_eq!(widest, BODY_WINDOW, "a short way");
        let (widest, took) = read(400 * ms, 1_000 * mb, 256 << 20, &budget, false);
        assert_eq!(widest, WIDEST, "a long way");
        assert!(took < 17 * 1_000 * ms, "{took:?}");
        let (widest, _) = read(400 * ms, mb, 64 << 20, &budget, false);
        assert!(
            (512 << 10..=1 << 20).contains(&widest),
            "a long and narrow way: {widest}"
        );
        assert_eq!(budget.taken(), 0);
    }

    #[test]
    fn beside_messages_a_body_keeps_its_distance_where_the_way_is_short() {
        let us = Duration::from_micros(1);
        let ahead = |round_trip, beside| {
            let mut window = BodyWindow::new(&MemoryBudget::default(), round_trip);
            let credit = window.renew(BODY_WINDOW, Instant::now(), beside);
            credit - BODY_WINDOW
        };
        assert_eq!(ahead(60 * us, false), BODY_WINDOW);
        assert_eq!(ahead(60 * us, true), NARROWEST);
        assert_eq!(ahead(250 * us, true), 64_000);
        assert_eq!(ahead(1_000 * us, true), BODY_WINDOW);
    }

    #[test]
    fn beside_messages_a_long_way_is_still_filled() {
        let budget = MemoryBudget::default();
        let (round_trip, second) = (Duration::from_millis(400), Duration::from_secs(1));
        let alone = read(round_trip, 1_000_000_000, 256 << 20, &budget, false);
        let beside = read(round_trip, 1_000_000_000, 256 << 20, &budget, true);
        assert_eq!((alone.0, beside.0), (WIDEST, WIDEST));
        assert!(beside.1 < alone.1 + second, "{beside:?} {alone:?}");
    }

    #[test]
    fn without_budget_a_window_stays_what_every_body_has() {
        let budget = MemoryBudget::new(0);
        let (widest, _) = read(Duration::from_millis(400), 1 << 30, 8 << 20, &budget, false);
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
            window.renew(at, now, false);
        }
        assert_eq!(budget.taken(), WIDEST - BODY_WINDOW);
        for _ in 0..4_000 {
            now += Duration::from_secs(1);
            at += 5_000;
            window.renew(at, now, false);
        }
        assert_eq!(budget.taken(), 0);
    }
}
