//! How often one peer may change the directory.

use std::time::Duration;

/// How often one peer may change the directory: 10 times a second, after 10 at once. Who is early
/// waits, so that a service that subscribes to many things one after the other merely takes a
/// while; who asks for more while much of its own waits is refused.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct UpdatePace {
    /// When all that was admitted has been spread over time.
    spent_until: Duration,
}

impl UpdatePace {
    const EVERY: Duration = Duration::from_millis(100);
    const AT_ONCE: Duration = Duration::from_secs(1);
    const LONGEST_WAIT: Duration = Duration::from_secs(1);

    /// Admits one more and says how long it has to wait; `None`: too many wait already.
    pub(super) fn admit(&mut self, now: Duration) -> Option<Duration> {
        let spent_until = self.spent_until.max(now) + Self::EVERY;
        let wait = spent_until.saturating_sub(now + Self::AT_ONCE);
        if wait > Self::LONGEST_WAIT {
            return None;
        }
        self.spent_until = spent_until;
        Some(wait)
    }

    /// Whether it can be forgotten: it would say the same as a new one.
    pub(super) fn is_rested(&self, now: Duration) -> bool {
        self.spent_until <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_go_at_once_then_ten_a_second_and_a_flood_is_refused() {
        let now = Duration::from_secs(50);
        let mut pace = UpdatePace::default();
        for _ in 0..10 {
            assert_eq!(pace.admit(now), Some(Duration::ZERO));
        }
        for n in 1..=10 {
            assert_eq!(pace.admit(now), Some(Duration::from_millis(n * 100)));
        }
        assert_eq!(pace.admit(now), None);
        let later = now + Duration::from_millis(100);
        assert_eq!(pace.admit(later), Some(Duration::from_secs(1)));
        assert!(!pace.is_rested(later));
        assert!(pace.is_rested(later + Duration::from_secs(2)));
    }
}
