//! How a binding key lies in memory and on the wire: one text.
//!
//! Each part opens with a character whose code point is 0 for `*`, 1 for `#`, or 2 plus the length
//! in bytes of the value that follows. Text, not bytes, so that a value is a `&str` without being
//! checked again; one allocation per key, so that a key from outside costs little more than its
//! bytes (promise 4).

use super::{BindingKey, InvalidBindingKey, PartRef};
use crate::wire::WireError;

const ANY: u32 = 0;
const REST: u32 = 1;
const VALUE: u32 = 2;

/// The parts of a [`BindingKey`], in order.
#[derive(Debug, Clone)]
pub struct Parts<'a> {
    text: &'a str,
}

/// The parts of a text that was built by [`push`] or passed [`check`].
pub(super) fn parts(text: &str) -> Parts<'_> {
    Parts { text }
}

impl<'a> Iterator for Parts<'a> {
    type Item = PartRef<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut chars = self.text.chars();
        let head = u32::from(chars.next()?);
        let behind = chars.as_str();
        let len = head.saturating_sub(VALUE) as usize;
        let (value, rest) = behind.split_at_checked(len)?;
        self.text = rest;
        Some(match head {
            ANY => PartRef::Any,
            REST => PartRef::Rest,
            _ => PartRef::Value(value),
        })
    }
}

/// Appends the part at `index`.
pub(super) fn push(
    text: &mut String,
    index: usize,
    part: PartRef<'_>,
) -> Result<(), InvalidBindingKey> {
    let (head, value) = match part {
        PartRef::Any => (ANY, ""),
        PartRef::Rest => (REST, ""),
        PartRef::Value(value) => (VALUE.saturating_add(value.len() as u32), value),
    };
    let too_long = InvalidBindingKey::PartTooLong {
        part: index + 1,
        len: value.len(),
        limit: BindingKey::MAX_PART_LEN,
    };
    match char::from_u32(head) {
        Some(head) if value.len() <= BindingKey::MAX_PART_LEN => {
            text.push(head);
            text.push_str(value);
            Ok(())
        }
        _ => Err(too_long),
    }
}

/// Whether the text is `#` and nothing else: a second spelling of the key without parts.
pub(super) fn is_rest_alone(text: &str) -> bool {
    text.starts_with('\u{1}')
}

/// Whether a text from outside is the one spelling of a legal key.
pub(super) fn check(text: &str) -> Result<(), WireError> {
    let (max_parts, max_len) = (
        BindingKey::MAX_PARTS as u64,
        BindingKey::MAX_PART_LEN as u64,
    );
    let mut parts = 0;
    let mut chars = text.chars();
    while let Some(head) = chars.next() {
        parts += 1;
        if parts > max_parts {
            return Err(too_large("parts of a binding key", parts, max_parts));
        }
        let len = u64::from(u32::from(head).saturating_sub(VALUE));
        if len > max_len {
            return Err(too_large("binding part", len, max_len));
        }
        let behind = chars.as_str();
        let (_, rest) = behind
            .split_at_checked(len as usize)
            .ok_or(WireError::Truncated("binding part"))?;
        let last_and_not_alone = rest.is_empty() && parts > 1;
        if u32::from(head) == REST && !last_and_not_alone {
            return Err(WireError::Meaningless {
                what: "`#` of a binding key",
                value: parts,
            });
        }
        chars = rest.chars();
    }
    Ok(())
}

fn too_large(what: &'static str, value: u64, limit: u64) -> WireError {
    WireError::TooLarge { what, value, limit }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::BindingPart;
    use super::*;
    use crate::wire::put_str;

    #[test]
    fn the_bytes_of_a_key_are_these() {
        let cases: [(&str, &[u8]); 6] = [
            ("#", &[0]),
            ("", &[1, 2]),
            ("*", &[1, 0]),
            ("fr.*", &[4, 4, b'f', b'r', 0]),
            ("fr.*.#", &[5, 4, b'f', b'r', 0, 1]),
            ("é", &[3, 4, 0xc3, 0xa9]),
        ];
        for (text, bytes) in cases {
            let mut out = Vec::new();
            BindingKey::parse(text).unwrap().encode(&mut out);
            assert_eq!(out, bytes, "{text}");
        }
        let mut out = Vec::new();
        BindingKey::new([BindingPart::Value("x".repeat(126))])
            .unwrap()
            .encode(&mut out);
        assert_eq!(out[..4], [0x80, 0x01, 0xc2, 0x80]);
    }

    #[test]
    fn bytes_that_are_no_key_are_refused() {
        let refused: [(&str, &[u8]); 7] = [
            ("the rest sign alone", &[1, 1]),
            ("a part behind the rest sign", &[3, 0, 1, 0]),
            ("a value cut short", &[3, 4, b'f']),
            ("a value longer than the key", &[2, 9, b'f']),
            ("a value that ends inside a character", &[3, 3, 0xc3, 0xa9]),
            ("no UTF-8", &[1, 0xff]),
            ("bytes behind the key", &[1, 0, 0]),
        ];
        for (what, bytes) in refused {
            assert!(BindingKey::decode(bytes).is_err(), "{what} was taken");
        }
        let mut parts = vec![65];
        parts.extend([0; 65]);
        assert!(matches!(
            BindingKey::decode(&parts),
            Err(WireError::TooLarge { value: 65, .. })
        ));
        let mut long = Vec::new();
        put_str(&mut long, &format!("\u{403}{}", "x".repeat(1025)));
        assert!(matches!(
            BindingKey::decode(&long),
            Err(WireError::TooLarge { value: 1025, .. })
        ));
    }

    proptest! {
        #[test]
        fn whatever_bytes_are_taken_are_the_spelling_of_their_key(
            bytes in prop::collection::vec(prop_oneof![0_u8..6, any::<u8>()], 0..24),
        ) {
            if let Ok(key) = BindingKey::decode(&bytes) {
                let mut again = Vec::new();
                key.encode(&mut again);
                prop_assert_eq!(again, bytes);
                prop_assert_eq!(BindingKey::new(key.parts().map(PartRef::to_owned)), Ok(key));
            }
        }
    }
}
