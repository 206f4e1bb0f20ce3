//! When messages last came to this process: a body that has it to itself may go faster.
//!
//! Not per link: all links of a process share its socket and its processors.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// For so long after a message others may be waiting for the next.
const LATELY: Duration = Duration::from_millis(10);

/// When messages last came to this process.
#[derive(Debug)]
pub(super) struct MessageClock {
    begun: Instant,
    /// Milliseconds after the beginning, and one more. 0: none came.
    last: AtomicU64,
}

impl MessageClock {
    pub(super) fn new() -> Self {
        Self {
            begun: Instant::now(),
            last: AtomicU64::new(0),
        }
    }

    /// Messages have come, or have been acknowledged.
    pub(super) fn moved(&self, now: Instant) {
        let at = self.millis(now) + 1;
        // All links call this, and most of the time it is still the same millisecond: a line of
        // memory that is only read stays in every processor's cache.
        if self.last.load(Ordering::Relaxed) != at {
            self.last.store(at, Ordering::Relaxed);
        }
    }

    /// Whether messages have come lately.
    pub(super) fn moved_lately(&self, now: Instant) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        last > 0 && self.millis(now) < last + LATELY.as_millis() as u64
    }

    fn millis(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.begun).as_millis() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_recent_for_ten_milliseconds() {
        let clock = MessageClock::new();
        let at = |millis| clock.begun + Duration::from_millis(millis);
        assert!(!clock.moved_lately(at(0)), "none came");
        clock.moved(at(5));
        assert!(clock.moved_lately(at(5)) && clock.moved_lately(at(15)));
        assert!(!clock.moved_lately(at(16)));
    }
}
