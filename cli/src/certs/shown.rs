//! Times and paths as this tool writes them.

use std::path::Path;
use std::time::{Duration, SystemTime};

use quibus_certs::{Span, Utc};

/// A moment for scripts, as in RFC 3339; nothing for one that no calendar has.
pub(super) fn stamp(time: SystemTime) -> Option<String> {
    let text = Utc(time).to_string();
    let text = text.strip_suffix(" UTC")?.replacen(' ', "T", 1);
    Some(format!("{text}Z"))
}

/// An end for people: when, and how long that is from `now`.
pub(super) fn until(end: SystemTime, now: SystemTime) -> String {
    match end.duration_since(now) {
        // Certificates cut fractions of seconds off: a day would be 23 h 59 min.
        Ok(left) => {
            let left = Span(left + Duration::from_secs(30));
            format!("until {} ({left} from now)", Utc(end))
        }
        Err(_) => format!("until {}, which is over", Utc(end)),
    }
}

/// A path as a shell takes it, in one word.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+@%:,".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_for_scripts_and_for_people() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        assert_eq!(stamp(now).unwrap(), "2027-01-15T08:00:00Z");
        let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(stamp(before_1970), None, "no year of a certificate");
        let hour = Duration::from_secs(3600);
        let text = until(now + hour, now);
        assert_eq!(text, "until 2027-01-15 09:00:00 UTC (1 h 0 min from now)");
        assert!(until(now, now + hour).ends_with("which is over"));
    }

    #[test]
    fn paths_survive_a_shell() {
        for (path, word) in [
            ("/a/b-1.pem", "/a/b-1.pem"),
            ("/a b", "'/a b'"),
            ("a'b", r"'a'\''b'"),
        ] {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }
}
