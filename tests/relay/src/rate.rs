//! How much a direction carries.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use bytesize::ByteSize;

/// The least room in front of a bottleneck, in bytes: a burst of 44 full datagrams.
const LEAST_QUEUE: u64 = 64 * 1024;
/// Room in front of a bottleneck, in parts of a second of its rate: 50 ms, as in a router that
/// keeps its queues short.
const QUEUE_PER_SECOND: u64 = 20;

/// Bytes per second, and how many bytes may wait for their turn before a packet is dropped.
///
/// Read from `100MB`, `100MB/s` (decimal), `512KiB` (binary).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// UDP payload in bytes per second.
    pub bytes_per_second: NonZeroU64,
    /// Bytes that wait at the most. A packet that meets nobody waiting passes, whatever its size.
    pub queue: u64,
}

/// A text that is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rate: write bytes per second above 0, such as 100MB or 512KiB")]
pub struct RateError(String);

impl Rate {
    /// This rate with a queue of 50 ms, 64 KiB at the least.
    pub fn of(bytes_per_second: NonZeroU64) -> Self {
        Self {
            bytes_per_second,
            queue: (bytes_per_second.get() / QUEUE_PER_SECOND).max(LEAST_QUEUE),
        }
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let size = text.strip_suffix("/s").unwrap_or(text).parse::<ByteSize>();
        let rate = size.ok().and_then(|size| NonZeroU64::new(size.as_u64()));
        rate.map(Self::of).ok_or_else(|| RateError(text.to_owned()))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = ByteSize::b(self.bytes_per_second.get());
        write!(f, "{}/s", size.display().si())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_and_binary_sizes_are_read_with_or_without_per_second() {
        for (text, bytes, queue) in [
            ("100MB", 100_000_000, 5_000_000),
            ("100MB/s", 100_000_000, 5_000_000),
            ("512KiB", 524_288, 65_536),
            ("1500", 1_500, 65_536),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!(
                (rate.bytes_per_second.get(), rate.queue),
                (bytes, queue),
                "{text}"
            );
        }
        assert_eq!("100MB".parse::<Rate>().unwrap().to_string(), "100.0 MB/s");
    }

    #[test]
    fn what_is_no_rate_is_refused_with_what_to_write() {
        for text in ["0", "fast", "", "-5MB", "10ms"] {
            let refused = text.parse::<Rate>().unwrap_err().to_string();
            assert!(refused.contains("100MB"), "{refused}");
        }
    }
}
