//! A handler's error as it travels.

use std::fmt::{self, Write};

use bytes::{Bytes, BytesMut};

use super::Codec;

/// A handler's error as it travels: a code, a text for people, and what the variant carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    /// The variant's number; 0 where there is none.
    pub code: u32,
    /// What a person reads; at most [`MAX_TEXT`](Self::MAX_TEXT) bytes.
    pub text: String,
    /// The variant's one value in the error's codec; empty where it carries none. At most
    /// [`MAX_DETAILS`](Self::MAX_DETAILS) bytes.
    pub details: Bytes,
}

impl WireError {
    /// Longest text, in bytes; what is longer is cut at a character.
    pub const MAX_TEXT: usize = 1024;

    /// Longest details, in bytes; a variant that carries more reaches the caller as text only.
    pub const MAX_DETAILS: usize = 64 * 1024;

    /// An error that carries nothing.
    pub fn of(code: u32, error: &impl fmt::Display) -> Self {
        Self {
            code,
            text: bounded_text(error),
            details: Bytes::new(),
        }
    }

    /// An error that carries one value; `None` if that cannot be encoded or is too long.
    pub fn carrying<C: Codec<T>, T>(
        code: u32,
        error: &impl fmt::Display,
        value: &T,
    ) -> Option<Self> {
        let len = C::encoded_len(value);
        if len > Self::MAX_DETAILS {
            return None;
        }
        let mut details = BytesMut::with_capacity(len);
        C::encode(value, &mut details).ok()?;
        Some(Self {
            details: details.freeze(),
            ..Self::of(code, error)
        })
    }

    /// The value that the variant carried; `None` if the details are no such value.
    pub fn carried<C: Codec<T>, T>(&self) -> Option<T> {
        C::decode(&self.details).ok()
    }
}

/// The text of `value`, cut to [`WireError::MAX_TEXT`] bytes at a character.
///
/// Cut while it is written: an error that prints a megabyte must not cost one.
pub(crate) fn bounded_text(value: &(impl fmt::Display + ?Sized)) -> String {
    let mut text = Bounded(String::new());
    // the only error is the one that `Bounded` stops the writing with
    let _ = write!(text, "{value}");
    text.0
}

struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let room = WireError::MAX_TEXT - self.0.len();
        if part.len() <= room {
            self.0.push_str(part);
            return Ok(());
        }
        let mut ends = (0..=room).rev();
        let end = ends.find(|&end| part.is_char_boundary(end));
        self.0.push_str(&part[..end.unwrap_or(0)]);
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Prost;

    #[test]
    fn a_text_is_cut_to_a_kibibyte_and_never_inside_a_character() {
        let long = "é".repeat(600);
        assert_eq!(bounded_text(&long).len(), 1024);
        assert_eq!(bounded_text(&format!("x{long}")).len(), 1023);
        assert_eq!(bounded_text(&"short"), "short");
    }

    #[test]
    fn what_is_written_after_the_cut_is_left_out() {
        struct Parts;
        impl fmt::Display for Parts {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&"a".repeat(1023))?;
                f.write_str("é")?;
                f.write_str("b")
            }
        }
        assert_eq!(bounded_text(&Parts), "a".repeat(1023));
    }

    #[test]
    fn a_value_travels_in_the_details_unless_it_is_too_long() {
        let carry = |value: &String| WireError::carrying::<Prost, _>(7, &"text", value);
        let error = carry(&"A9".into()).unwrap();
        assert_eq!(error.details, Bytes::from_static(b"\n\x02A9"));
        assert_eq!(error.carried::<Prost, String>().as_deref(), Some("A9"));
        assert_eq!(carry(&"x".repeat(WireError::MAX_DETAILS)), None);
    }

    #[test]
    fn details_of_another_type_are_no_value() {
        let error = WireError {
            details: Bytes::from_static(&[0xff]),
            ..WireError::of(7, &"text")
        };
        assert_eq!(error.carried::<Prost, String>(), None);
    }
}
