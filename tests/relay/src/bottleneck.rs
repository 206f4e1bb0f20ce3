//! A line that carries so many bytes per second, in the time handed to it.

use std::time::Duration;

use super::rate::Rate;

const NANOS: u128 = 1_000_000_000;

/// When each packet has passed a line of limited rate.
///
/// Reckoned from the beginning of each busy period, so that no rounding adds up: after n bytes
/// without a pause the line is free exactly n / rate after it began, rounded up to a nanosecond.
#[derive(Debug, Default)]
pub(crate) struct Bottleneck {
    /// Of this busy period.
    rate: Option<Rate>,
    began: Duration,
    bytes: u64,
}

impl Bottleneck {
    /// When the last byte of a packet of `len` bytes that comes now has passed. `None`: those
    /// that wait already leave no room for it.
    pub(crate) fn pass(&mut self, len: usize, now: Duration, rate: Rate) -> Option<Duration> {
        let free = self.free();
        if free <= now {
            (self.began, self.bytes) = (now, 0);
        } else if self.rate != Some(rate) {
            // What waits passes as it was told, and nothing overtakes it.
            (self.began, self.bytes) = (free, 0);
        }
        self.rate = Some(rate);
        let waiting = self.bytes.saturating_sub(self.passed(now, rate));
        let len = len as u64;
        if waiting > 0 && waiting + len > rate.queue {
            return None;
        }
        self.bytes += len;
        Some(self.free())
    }

    /// When everything told so far has passed.
    fn free(&self) -> Duration {
        let Some(rate) = self.rate else {
            return Duration::ZERO;
        };
        let nanos = (u128::from(self.bytes) * NANOS).div_ceil(rate.bytes_per_second.get().into());
        // 584 years.
        let nanos = u64::try_from(nanos).unwrap_or(u64::MAX);
        self.began.saturating_add(Duration::from_nanos(nanos))
    }

    /// Bytes that have passed since the busy period began.
    fn passed(&self, now: Duration, rate: Rate) -> u64 {
        let nanos = now.saturating_sub(self.began).as_nanos();
        let bytes = nanos * u128::from(rate.bytes_per_second.get()) / NANOS;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;

    fn rate(bytes_per_second: u64, queue: u64) -> Rate {
        Rate {
            bytes_per_second: NonZeroU64::new(bytes_per_second).unwrap(),
            queue,
        }
    }

    #[test]
    fn a_busy_line_carries_its_rate_to_the_nanosecond() {
        // 3 bytes a second: no packet takes a whole number of nanoseconds.
        let slow = rate(3, u64::MAX);
        let mut line = Bottleneck::default();
        for packet in 1..=3_000_u64 {
            let passed = line.pass(1, Duration::ZERO, slow).unwrap();
            let nanos = (packet * 1_000_000_000).div_ceil(3);
            assert_eq!(passed, Duration::from_nanos(nanos), "packet {packet}");
        }
        assert_eq!(line.free(), Duration::from_secs(1_000));
    }

    #[test]
    fn a_pause_is_not_made_up_for() {
        let line_rate = rate(1_000, 10_000);
        let mut line = Bottleneck::default();
        let at = |ms| Duration::from_millis(ms);
        assert_eq!(line.pass(100, at(0), line_rate), Some(at(100)));
        assert_eq!(line.pass(100, at(500), line_rate), Some(at(600)));
        assert_eq!(line.pass(100, at(550), line_rate), Some(at(700)));
    }

    #[test]
    fn what_finds_no_room_is_refused_until_others_have_passed() {
        let narrow = rate(1_000, 250);
        let mut line = Bottleneck::default();
        let mut pass = |ms| line.pass(100, Duration::from_millis(ms), narrow).is_some();
        assert_eq!([pass(0), pass(0), pass(0)], [true, true, false]);
        // 150 wait after 50 ms: one more has room, to the byte.
        assert_eq!([pass(49), pass(50), pass(50)], [false, true, false]);
    }

    #[test]
    fn an_idle_line_carries_what_is_greater_than_its_queue() {
        let mut line = Bottleneck::default();
        let passed = line.pass(1_000, Duration::ZERO, rate(1_000, 10));
        assert_eq!(passed, Some(Duration::from_secs(1)));
    }

    #[test]
    fn a_faster_line_lets_nobody_overtake_who_waits_already() {
        let mut line = Bottleneck::default();
        let slow = line.pass(100, Duration::ZERO, rate(100, 1_000)).unwrap();
        let fast = line.pass(100, Duration::ZERO, rate(1_000_000, 1_000));
        assert!(fast.unwrap() > slow);
    }
}
