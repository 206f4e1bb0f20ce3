//! How long a baseline runs.

use std::time::{Duration, Instant};

/// Ends a loop in time and in count, whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    until: Instant,
    most: u64,
}

impl Bounds {
    /// From now on for this long, and at most so many messages.
    pub fn new(time: Duration, most: u64) -> Self {
        let now = Instant::now();
        Self {
            until: now.checked_add(time).unwrap_or(now),
            most,
        }
    }

    /// Whether another message may follow `done`. Reads the clock: some 24 ns, so it is to be
    /// asked once per batch, not once per message.
    pub fn allow(&self, done: u64) -> bool {
        done < self.most && !self.is_over(Instant::now())
    }

    /// Whether the time is over at `now`, for who has looked at the clock already.
    pub fn is_over(&self, now: Instant) -> bool {
        now >= self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_bound_ends_a_loop() {
        let counted = Bounds::new(Duration::from_secs(3600), 3);
        assert!(counted.allow(2) && !counted.allow(3));
        assert!(!Bounds::new(Duration::ZERO, 3).allow(0));
    }
}
