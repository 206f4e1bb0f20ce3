//! The alphabet of every name that an identity can hold.

use std::fmt;
use std::sync::Arc;

/// A name of 1 to 128 characters out of `A-Z a-z 0-9 . _ -`, compared byte for byte.
///
/// Services, operators and administrators are named by it; it is what may stand in one segment of
/// a SPIFFE path (SPIFFE-ID §2.2). The names `.` and `..` are refused, as they are there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

impl Name {
    /// Longest legal name, in bytes.
    pub const MAX_LEN: usize = 128;

    /// Checks and takes a name.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        let culprit = || InvalidName {
            name: text.escape_debug().take(160).collect(),
        };
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if text.is_empty() || text.len() > Self::MAX_LEN || matches!(text, "." | "..") {
            return Err(culprit());
        }
        if !text.bytes().all(legal) {
            return Err(culprit());
        }
        Ok(Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a legal [`Name`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{name}\" is not a legal name: use 1 to 128 characters out of A-Z a-z 0-9 . _ -")]
pub struct InvalidName {
    /// The refused text, escaped and cut.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_takes_the_spiffe_alphabet_and_nothing_else() {
        for good in ["a", "Shop", "a.b", "A-1_z", &"x".repeat(128)] {
            assert_eq!(Name::new(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            ".",
            "..",
            "a b",
            "a/b",
            "ä",
            "a\n",
            "a%20",
            &"x".repeat(129),
        ] {
            assert!(Name::new(bad).is_err(), "{bad:?} was taken");
        }
    }
}
