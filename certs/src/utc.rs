//! Points in time as people read them.

use std::fmt;
use std::time::{Duration, SystemTime};

use x509_cert::der::DateTime;

/// Prints a time as `2026-01-31 23:59:59 UTC`, from 1970 to 9999: the years of certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Utc(pub SystemTime);

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::from_system_time(self.0) {
            Ok(t) => write!(
                f,
                "{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
                t.year(),
                t.month(),
                t.day(),
                t.hour(),
                t.minutes(),
                t.seconds()
            ),
            _ => f.write_str("a time beyond the calendar"),
        }
    }
}

/// Prints a span by its two largest units, as `6 d 23 h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
        let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
        match (days, hours, minutes) {
            (1.., _, _) => write!(f, "{days} d {hours} h"),
            (0, 1.., _) => write!(f, "{hours} h {minutes} min"),
            (0, 0, 1..) => write!(f, "{minutes} min {seconds} s"),
            _ => write!(f, "{seconds} s"),
        }
    }
}

/// Whole seconds since 1970, rounded down, as certificates count; `None` where `i64` ends.
#[cfg(feature = "issue")]
pub(crate) fn seconds_since_1970(time: SystemTime) -> Option<i64> {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).ok(),
        Err(before) => {
            let before = before.duration();
            let whole = i64::try_from(before.as_secs()).ok()?;
            (-whole).checked_sub(i64::from(before.subsec_nanos() > 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_print_in_one_sortable_form() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (1_769_903_999, "2026-01-31 23:59:59 UTC"),
            (253_402_300_799, "9999-12-31 23:59:59 UTC"),
            (253_402_300_800, "a time beyond the calendar"),
        ] {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(Utc(time).to_string(), text);
            #[cfg(feature = "issue")]
            assert_eq!(seconds_since_1970(time), Some(seconds as i64));
        }
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(Utc(before).to_string(), "a time beyond the calendar");
    }

    #[test]
    fn spans_print_their_two_largest_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (61, "1 min 1 s"),
            (7_260, "2 h 1 min"),
            (604_799, "6 d 23 h"),
        ] {
            assert_eq!(Span(Duration::from_secs(seconds)).to_string(), text);
        }
    }
}
