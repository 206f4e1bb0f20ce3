//! Names that are learnt at run time and kept until the process ends.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::invalid_raw_type::InvalidRawType;

/// Most names: as many as types on one stream.
const LIMIT: usize = 4_096;
/// Longest name, in bytes.
const LONGEST: usize = 256;

static NAMES: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);

/// A name as those of Rust types are: there until the process ends, once. What travels on the bus
/// names its type by reference, so that no message pays for a copy.
pub(super) fn keep(what: &'static str, name: &str) -> Result<&'static str, InvalidRawType> {
    if name.is_empty() || name.len() > LONGEST || name.chars().any(char::is_control) {
        let name = name.chars().take(LONGEST).collect();
        return Err(InvalidRawType::Name { what, name });
    }
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = names.get(name) {
        return Ok(kept);
    }
    if names.len() >= LIMIT {
        return Err(InvalidRawType::TooMany { limit: LIMIT });
    }
    let kept: &'static str = Box::leak(name.into());
    names.insert(kept);
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_and_what_is_no_name_is_refused() {
        let first = keep("type", "Kept.Once").unwrap();
        let second = keep("type", &String::from("Kept.Once")).unwrap();
        assert!(std::ptr::eq(first, second));
        for wrong in ["", "a\nb", &"x".repeat(257)] {
            let refused = keep("lane", wrong).unwrap_err();
            assert!(refused.to_string().contains("a lane"), "{refused}");
        }
    }
}
