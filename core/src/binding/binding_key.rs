//! The pattern of a subscription.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bytes::BufMut;

use super::packed::{self, Parts};
use super::{BindingPart, InvalidBindingKey, PartRef, RoutingKey, dotted};
use crate::wire::{Reader, WireError, put_str, varint_len};

/// Which messages of a type a subscription wants: a list of parts, one per routing field.
///
/// The key without parts matches everything of its type; `#` alone is the same key (promise 5). A
/// key is at most 64 parts of at most 1 KiB each. Cloning shares it.
///
/// # In memory and on the wire
///
/// One text: each part opens with a character whose code point is 0 for `*`, 1 for `#`, or 2 plus
/// the length in bytes of the value that follows. On the wire the text has its length before it.
/// There is one spelling per key, so equal keys have equal bytes, and a key costs one allocation
/// whoever sent it.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct BindingKey(Arc<str>);

impl BindingKey {
    /// Most parts of a key.
    pub const MAX_PARTS: usize = 64;

    /// Longest value of a part, in bytes.
    pub const MAX_PART_LEN: usize = 1024;

    /// Longest key in memory, in bytes: every part at its limit, with a head of two bytes.
    const MAX_LEN: usize = Self::MAX_PARTS * (Self::MAX_PART_LEN + 2);

    /// The key that matches everything.
    pub fn any() -> Self {
        Self::default()
    }

    /// A key of these parts. Refused: a part behind `#`, and what is above the limits.
    pub fn new(parts: impl IntoIterator<Item = BindingPart>) -> Result<Self, InvalidBindingKey> {
        let mut text = String::new();
        let mut rest_seen = false;
        for (index, part) in parts.into_iter().enumerate() {
            if rest_seen {
                return Err(InvalidBindingKey::AfterRest { part: index + 1 });
            }
            if index == Self::MAX_PARTS {
                let limit = Self::MAX_PARTS;
                return Err(InvalidBindingKey::TooManyParts { limit });
            }
            rest_seen = part == BindingPart::Rest;
            packed::push(&mut text, index, part.as_ref())?;
        }
        if packed::is_rest_alone(&text) {
            text.clear();
        }
        Ok(Self(text.into()))
    }

    /// Reads the text that [`Display`](fmt::Display) writes: parts joined by dots, `\` before a
    /// dot or a backslash in a value and before a value that is exactly `*` or `#`.
    ///
    /// `a..b` has an empty value in the middle and the empty text is one empty value; the key that
    /// matches everything is `#`.
    pub fn parse(text: &str) -> Result<Self, InvalidBindingKey> {
        Self::new(dotted::split(text)?)
    }

    /// Whether there are no parts: the key that matches everything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many parts there are; counted each time.
    pub fn len(&self) -> usize {
        self.parts().count()
    }

    /// The parts in routing order; none for the key that matches everything.
    pub fn parts(&self) -> Parts<'_> {
        packed::parts(&self.0)
    }

    /// What the key asks of the field at `index`: behind `#`, and in the key that matches
    /// everything, that is [`PartRef::Any`]; behind the last part of another key it is nothing,
    /// because no message with such a field matches.
    pub fn part_at(&self, index: usize) -> Option<PartRef<'_>> {
        let mut last = PartRef::Rest;
        for (at, part) in self.parts().enumerate() {
            if at == index {
                return Some(part);
            }
            last = part;
        }
        (last == PartRef::Rest).then_some(PartRef::Any)
    }

    /// Whether a message with this routing key is wanted (promises 5 to 7).
    pub fn matches(&self, message: &RoutingKey) -> bool {
        if self.is_empty() || message.is_empty() {
            return true;
        }
        let mut parts = self.parts();
        for field in message.fields() {
            match parts.next() {
                None => return false,
                Some(PartRef::Rest) => return true,
                Some(part) if !part.accepts(field) => return false,
                Some(_) => {}
            }
        }
        parts.next().is_none()
    }

    /// Appends the key's bytes.
    pub fn encode(&self, out: &mut impl BufMut) {
        put_str(out, &self.0);
    }

    /// How many bytes [`encode`](Self::encode) appends.
    pub fn encoded_len(&self) -> usize {
        varint_len(self.0.len() as u64) + self.0.len()
    }

    /// Takes a key from a longer input.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let text = reader.text("binding key", Self::MAX_LEN)?;
        packed::check(text)?;
        Ok(Self(text.into()))
    }

    /// Takes a key that is the whole input; anything behind it is an error.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let key = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(key)
    }
}

/// By parts: values alphabetically, then `*`, then `#`; a key before its own extensions.
impl Ord for BindingKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(other.parts())
    }
}

impl PartialOrd for BindingKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for BindingKey {
    type Err = InvalidBindingKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Unambiguous: [`BindingKey::parse`] reads it back.
impl fmt::Display for BindingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("#");
        }
        for (index, part) in self.parts().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            dotted::write_part(f, part)?;
        }
        Ok(())
    }
}

impl fmt::Debug for BindingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> BindingKey {
        BindingKey::parse(text).unwrap()
    }

    fn message(fields: &[&[&str]]) -> RoutingKey {
        let mut key = RoutingKey::new();
        fields
            .iter()
            .for_each(|values| key.push_values(values.iter()));
        key
    }

    fn value(text: &str) -> BindingPart {
        BindingPart::Value(text.to_owned())
    }

    #[test]
    fn nothing_may_follow_the_rest_sign() {
        let refused = BindingKey::new([value("a"), BindingPart::Rest, value("c")]);
        assert_eq!(refused, Err(InvalidBindingKey::AfterRest { part: 3 }));
        assert!(
            BindingKey::parse("#.#")
                .unwrap_err()
                .to_string()
                .contains("part 2")
        );
    }

    #[test]
    fn the_key_without_parts_and_the_rest_sign_alone_are_one_value() {
        let alone = BindingKey::new([BindingPart::Rest]).unwrap();
        assert_eq!(alone, BindingKey::any());
        assert_eq!((alone.to_string().as_str(), alone.len()), ("#", 0));
        assert_ne!(alone, key("*"));
        assert_ne!(alone, key(""));
    }

    #[test]
    fn a_shorter_or_longer_key_matches_nothing() {
        let two = message(&[&["a"], &["b"]]);
        for (text, wanted) in [
            ("a.b", true),
            ("a.*", true),
            ("*.#", true),
            ("a.#", true),
            ("#", true),
            ("a", false),
            ("*", false),
            ("a.b.*", false),
            ("a.b.#", false),
            ("b.#", false),
        ] {
            assert_eq!(key(text).matches(&two), wanted, "{text}");
        }
    }

    #[test]
    fn a_message_without_routing_fields_matches_every_key() {
        for text in ["#", "a", "*.b", "a.#"] {
            assert!(key(text).matches(&RoutingKey::new()), "{text}");
        }
    }

    #[test]
    fn an_absent_field_passes_wildcards_only_and_a_collection_matches_by_any_element() {
        let absent = message(&[&[]]);
        assert!(key("*").matches(&absent) && key("#").matches(&absent));
        assert!(!key("").matches(&absent) && !key("a").matches(&absent));
        let many = message(&[&["1"], &["A", "B"]]);
        assert!(key("1.B").matches(&many) && !key("1.C").matches(&many));
    }

    #[test]
    fn a_value_that_looks_like_a_wildcard_or_like_two_parts_widens_nothing() {
        let star = BindingKey::new([value("*")]).unwrap();
        assert!(star.matches(&message(&[&["*"]])) && !star.matches(&message(&[&["a"]])));
        assert_eq!(star.to_string(), "\\*");
        let dotted = BindingKey::new([value("a.b")]).unwrap();
        assert_ne!(dotted, key("a.b"));
        assert_eq!(dotted.to_string(), "a\\.b");
        assert!(!dotted.matches(&message(&[&["a"], &["b"]])));
    }

    #[test]
    fn text_is_split_at_its_dots() {
        let parts: Vec<_> = key("a..*").parts().map(PartRef::to_owned).collect();
        assert_eq!(parts, [value("a"), value(""), BindingPart::Any]);
        assert_eq!(key("").parts().collect::<Vec<_>>(), [PartRef::Value("")]);
        for bad in ["a\\", "a.\\b"] {
            assert!(matches!(
                BindingKey::parse(bad),
                Err(InvalidBindingKey::Escape { .. })
            ));
        }
    }

    #[test]
    fn the_part_at_a_position_extends_behind_the_rest_sign_only() {
        assert_eq!(BindingKey::any().part_at(5), Some(PartRef::Any));
        assert_eq!(key("a.#").part_at(0), Some(PartRef::Value("a")));
        assert_eq!(key("a.#").part_at(1), Some(PartRef::Rest));
        assert_eq!(key("a.#").part_at(9), Some(PartRef::Any));
        assert_eq!(key("a.*").part_at(2), None);
    }

    #[test]
    fn the_limits_hold_where_a_key_is_made() {
        let long = "x".repeat(BindingKey::MAX_PART_LEN);
        let parts = || vec![value(&long); BindingKey::MAX_PARTS];
        let largest = BindingKey::new(parts()).unwrap();
        let mut bytes = Vec::new();
        largest.encode(&mut bytes);
        assert_eq!(BindingKey::decode(&bytes), Ok(largest));
        let more = parts().into_iter().chain([BindingPart::Any]);
        let limit = BindingKey::MAX_PARTS;
        assert_eq!(
            BindingKey::new(more),
            Err(InvalidBindingKey::TooManyParts { limit })
        );
        let text = ".".repeat(BindingKey::MAX_PARTS);
        assert_eq!(BindingKey::parse(&text[1..]).unwrap().len(), limit);
        let refused = BindingKey::parse(&text);
        assert_eq!(refused, Err(InvalidBindingKey::TooManyParts { limit }));
        let longer = BindingKey::new([value(&(long + "x"))]);
        assert!(matches!(
            longer,
            Err(InvalidBindingKey::PartTooLong {
                part: 1,
                len: 1025,
                ..
            })
        ));
    }

    fn any_key() -> impl Strategy<Value = BindingKey> {
        let part = prop_oneof![
            "\\PC{0,3}|[.*#\\\\]{0,3}".prop_map(BindingPart::Value),
            Just(BindingPart::Any),
        ];
        (prop::collection::vec(part, 0..6), any::<bool>()).prop_map(|(parts, rest)| {
            BindingKey::new(parts.into_iter().chain(rest.then_some(BindingPart::Rest))).unwrap()
        })
    }

    proptest! {
        #[test]
        fn every_key_survives_its_text_and_its_bytes(key in any_key()) {
            prop_assert_eq!(&BindingKey::parse(&key.to_string()), &Ok(key.clone()));
            prop_assert_eq!(&BindingKey::new(key.parts().map(PartRef::to_owned)), &Ok(key.clone()));
            let mut bytes = Vec::new();
            key.encode(&mut bytes);
            prop_assert_eq!(bytes.len(), key.encoded_len());
            prop_assert_eq!(BindingKey::decode(&bytes), Ok(key));
        }

        #[test]
        fn keys_with_one_text_are_one_key(left in any_key(), right in any_key()) {
            prop_assert_eq!(left == right, left.to_string() == right.to_string());
            prop_assert_eq!(left == right, left.cmp(&right).is_eq());
        }

    }
}
