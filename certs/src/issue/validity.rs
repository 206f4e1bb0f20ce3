//! How long a certificate shall be valid.

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;

use super::issue_error::IssueError;
use crate::utc::{Span, Utc, seconds_since_1970};

/// How long a certificate shall be valid; by default 7 days from now.
///
/// Both ends are always written: the library below would choose 1975 and 4096.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// From [`CLOCK_SKEW`](Self::CLOCK_SKEW) ago until this long from now.
    For(Duration),
    /// Between two moments, both included, in whole seconds from 1970 to 9999.
    Between {
        /// The first moment.
        not_before: SystemTime,
        /// The last moment; after the first.
        not_after: SystemTime,
    },
}

impl Validity {
    /// How far the clock of a machine may be slow without refusing a fresh certificate: 5 minutes.
    pub const CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);

    /// What a development certificate gets: 7 days. Short, so that a lost key soon is worthless.
    pub const LEAF: Duration = Duration::from_secs(7 * 24 * 3600);

    pub(super) fn resolve(self, now: SystemTime) -> Result<Period, IssueError> {
        let refused = |reason| IssueError::Validity {
            period: self.describe(),
            reason,
        };
        let (not_before, not_after) = match self {
            Self::For(Duration::ZERO) => return Err(refused("that is no time at all")),
            Self::For(span) => (now.checked_sub(Self::CLOCK_SKEW), now.checked_add(span)),
            Self::Between {
                not_before,
                not_after,
            } => (Some(not_before), Some(not_after)),
        };
        let beyond = || refused("certificates know the years 1970 to 9999 only");
        let not_before = not_before.and_then(calendar).ok_or_else(beyond)?;
        let not_after = not_after.and_then(calendar).ok_or_else(beyond)?;
        if not_after <= not_before {
            return Err(refused("it would end before it begins"));
        }
        Ok(Period {
            not_before,
            not_after,
        })
    }

    fn describe(self) -> String {
        match self {
            Self::For(span) => format!("for {}", Span(span)),
            Self::Between {
                not_before,
                not_after,
            } => format!("from {} until {}", Utc(not_before), Utc(not_after)),
        }
    }
}

impl Default for Validity {
    fn default() -> Self {
        Self::For(Self::LEAF)
    }
}

/// A validity as it is written into a certificate.
#[derive(Clone, Copy)]
pub(super) struct Period {
    pub(super) not_before: OffsetDateTime,
    pub(super) not_after: OffsetDateTime,
}

fn calendar(time: SystemTime) -> Option<OffsetDateTime> {
    let seconds = seconds_since_1970(time).filter(|&seconds| seconds >= 0)?;
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    #[test]
    fn a_span_begins_early_enough_for_a_slow_clock() {
        let now = NOW + Duration::from_secs(1_000_000);
        let period = Validity::default().resolve(now).unwrap();
        assert_eq!(period.not_before.unix_timestamp(), 1_000_000 - 300);
        assert_eq!(period.not_after.unix_timestamp(), 1_000_000 + 7 * 86_400);
    }

    #[test]
    fn impossible_validities_are_refused_with_the_reason() {
        let second = Duration::from_secs(1);
        let now = NOW + 1000 * second;
        let between = |not_before, not_after| Validity::Between {
            not_before,
            not_after,
        };
        for (validity, word) in [
            (Validity::For(Duration::ZERO), "no time at all"),
            (Validity::For(Duration::MAX), "1970 to 9999"),
            (
                Validity::For(Duration::from_secs(300_000_000_000)),
                "1970 to 9999",
            ),
            (between(now, now), "end before"),
            (between(now, now - second), "end before"),
            (between(NOW - second, now), "1970 to 9999"),
        ] {
            let text = validity.resolve(now).err().unwrap().to_string();
            assert!(text.contains(word), "{validity:?}: {text}");
        }
    }
}
