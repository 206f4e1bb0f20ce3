//! How much may be in flight on a link: as much as it moves in a second, within the budget.
//!
//! What is decided is a function of what was moved and of the time handed in. A window of the bytes of one
//! round trip keeps a link busy; a second's worth does so whatever the round trip up to that.

use std::time::{Duration, Instant};

use quibus::transport::{MemoryBudget, Part};
use quinn::Connection;

use crate::settings::window;

/// Bytes in flight that every link may have each way without asking the budget: twice what the bus
/// may leave unread, so that a body that nobody reads holds up no lane.
pub(crate) const LEAST: u64 = 2 << 20;
/// Bytes in flight each way at the most: 200 ms at 80 MB/s.
pub(crate) const MOST: u64 = 16 << 20;
/// A window of which less than a quarter was used in this time is halved.
const QUIET: Duration = Duration::from_secs(10);

/// What has moved on a link since its beginning, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moved {
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

/// The windows of one link.
#[derive(Debug, Default)]
pub(crate) struct LinkWindows {
    receive: Window,
    send: Window,
    /// What may be left unread beyond the least; the budget has it counted elsewhere.
    unread: u64,
    reviewed: Option<Instant>,
    /// What the connection was told last.
    told: Option<Sizes>,
}

/// How large the windows are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) receive: u64,
    pub(crate) send: u64,
}

/// The window of one direction.
#[derive(Debug, Default)]
struct Window {
    part: Option<Part>,
    moved: u64,
    /// When it was last used well, and what has moved since.
    used: Option<(Instant, u64)>,
}

impl LinkWindows {
    /// Looks at what has moved since it last did.
    pub(crate) fn review(&mut self, moved: Moved, now: Instant, budget: &MemoryBudget) {
        let took = self.reviewed.replace(now).map_or(Duration::ZERO, |before| {
            now.saturating_duration_since(before)
        });
        self.receive.review(moved.received, took, now, budget);
        self.send.review(moved.sent, took, now, budget);
    }

    /// One of those who leave bytes unread may leave `after` instead of `before`.
    pub(crate) fn leave_unread(&mut self, before: u64, after: u64) {
        self.unread = (self.unread + after).saturating_sub(before);
    }

    pub(crate) fn sizes(&self) -> Sizes {
        // Quinn tells of new room an eighth of the window at a time (`add_read_credits`). A sixth
        // more than is left unread keeps an eighth free; with less, nobody could go on. The budget
        // counts each of its bytes twice, so there is place for it.
        Sizes {
            receive: self.receive.size() + self.unread + self.unread.div_ceil(6),
            send: self.send.size(),
        }
    }

    /// Tells the connection, if it does not know.
    pub(crate) fn apply(&mut self, connection: &Connection) {
        let sizes = self.sizes();
        if self.told.replace(sizes) != Some(sizes) {
            connection.set_receive_window(window(sizes.receive));
            connection.set_send_window(sizes.send);
        }
    }
}

impl Window {
    fn size(&self) -> u64 {
        LEAST + self.part.as_ref().map_or(0, Part::held)
    }

    fn review(&mut self, moved: u64, took: Duration, now: Instant, budget: &MemoryBudget) {
        let part = self.part.get_or_insert_with(|| budget.part(false));
        let size = LEAST + part.held();
        let more = moved.saturating_sub(std::mem::replace(&mut self.moved, moved));
        // The first look is at what came before any clock ran.
        let per_second = match took.as_secs_f64() {
            0.0 => 0,
            seconds => (more as f64 / seconds) as u64,
        };
        let (since, used) = self.used.get_or_insert((now, 0));
        *used += more;
        if per_second > size / 4 {
            (*since, *used) = (now, 0);
            let wanted = per_second.clamp(size, MOST).next_multiple_of(LEAST);
            // A part of it, if there is not enough for all.
            let steps = [wanted, (size + wanted) / 2, size + LEAST];
            let _ = steps
                .iter()
                .any(|size| part.resize(size.min(&MOST) - LEAST));
        } else if now.saturating_duration_since(*since) >= QUIET {
            if *used < size / 4 {
                part.resize((size / 2).max(LEAST) - LEAST);
            }
            (*since, *used) = (now, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(500);

    /// A path of so long a round trip that carries all that the window lets through.
    fn saturate(windows: &mut LinkWindows, now: &mut Instant, budget: &MemoryBudget, ticks: u32) {
        let (mut moved, mut size) = (Moved::default(), LEAST);
        for _ in 0..ticks {
            *now += TICK;
            // 200 ms: five windows a second.
            moved.received += size * 5 / 2;
            windows.review(moved, *now, budget);
            size = windows.sizes().receive;
        }
    }

    #[test]
    fn a_busy_link_over_a_fifth_of_a_second_has_all_of_its_window_within_three_seconds() {
        let budget = MemoryBudget::default();
        let mut windows = LinkWindows::default();
        let mut now = Instant::now();
        saturate(&mut windows, &mut now, &budget, 6);
        let sizes = windows.sizes();
        assert_eq!((sizes.receive, sizes.send), (MOST, LEAST));
        assert_eq!(budget.taken(), MOST - LEAST);
        // Then it falls silent.
        for _ in 0..200 {
            now += TICK;
            windows.review(Moved::default(), now, &budget);
        }
        assert_eq!(budget.taken(), 0);
    }

    #[test]
    fn what_may_be_left_unread_comes_on_top_and_goes_again() {
        let mut windows = LinkWindows::default();
        windows.leave_unread(0, 3 << 20);
        windows.leave_unread(0, 1 << 20);
        windows.leave_unread(3 << 20, 2 << 20);
        let unread = 3 << 20;
        assert_eq!(windows.sizes().receive, LEAST + unread + unread / 6);
        windows.leave_unread(2 << 20, 0);
        windows.leave_unread(1 << 20, 0);
        assert_eq!(windows.sizes().receive, LEAST);
    }

    #[test]
    fn without_budget_a_link_has_what_every_link_has_and_gives_back_what_it_got() {
        let budget = MemoryBudget::new(9 << 20);
        let mut now = Instant::now();
        let mut links: Vec<_> = (0..20).map(|_| LinkWindows::default()).collect();
        for windows in &mut links {
            saturate(windows, &mut now, &budget, 10);
            assert!(budget.taken() <= 9 << 20);
        }
        assert!(budget.taken() > 5 << 20 && budget.refusals() > 0);
        drop(links);
        assert_eq!(budget.taken(), 0);
    }
}
