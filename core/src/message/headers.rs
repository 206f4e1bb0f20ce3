//! Names and values that travel beside a message.
//!
//! Encoded they are names and values in turn, each a varint length and UTF-8, up to the end; no
//! bytes at all are no headers. Both directions hold the same limits.

use bytes::BufMut;

use crate::wire::{Reader, WireError, put_str, varint_len};

/// Names and values that travel beside a message, in the order they were added; a name occurs
/// once. `traceparent` of W3C travels here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers {
    entries: Vec<(String, String)>,
}

impl Headers {
    /// Most headers of a message.
    pub const MAX_COUNT: usize = 64;

    /// Longest encoding of all headers of a message, in bytes.
    pub const MAX_LEN: usize = 64 * 1024;

    /// No headers.
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// Adds a header, or gives one of this name a new value. The limits are checked by
    /// [`encode`](Self::encode).
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let name = name.into();
        match self.entries.iter_mut().find(|entry| entry.0 == name) {
            Some(entry) => entry.1 = value.into(),
            None => self.entries.push((name, value.into())),
        }
    }

    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// All names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many bytes [`encode`](Self::encode) appends.
    pub fn encoded_len(&self) -> usize {
        let len = |text: &str| varint_len(text.len() as u64) + text.len();
        self.iter().map(|(n, v)| len(n) + len(v)).sum()
    }

    /// Appends all of them, or nothing if they break a limit.
    pub fn encode(&self, out: &mut impl BufMut) -> Result<(), HeaderError> {
        let len = self.encoded_len();
        if self.len() > Self::MAX_COUNT {
            return Err(HeaderError::TooMany { count: self.len() });
        }
        if len > Self::MAX_LEN {
            return Err(HeaderError::TooLong { len });
        }
        for (name, value) in self.iter() {
            put_str(out, name);
            put_str(out, value);
        }
        Ok(())
    }

    /// Reads headers from all of `bytes`.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let mut entries: Vec<(String, String)> = Vec::new();
        for entry in HeaderView::new(bytes)?.entries() {
            let (name, value) = entry?;
            if entries.len() == Self::MAX_COUNT {
                return Err(HeaderError::TooMany {
                    count: entries.len() + 1,
                });
            }
            if entries.iter().any(|(n, _)| n == name) {
                return Err(HeaderError::Twice { name: name.into() });
            }
            entries.push((name.into(), value.into()));
        }
        Ok(Self { entries })
    }
}

/// Yields owned names and values.
impl IntoIterator for Headers {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<(String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

/// Encoded headers, read when somebody asks: most handlers never do.
#[derive(Debug, Clone, Copy, Default)]
pub struct HeaderView<'a> {
    bytes: &'a [u8],
}

impl<'a> HeaderView<'a> {
    /// Looks at encoded headers; only their length is checked.
    pub fn new(bytes: &'a [u8]) -> Result<Self, HeaderError> {
        match bytes.len() {
            len if len > Headers::MAX_LEN => Err(HeaderError::TooLong { len }),
            _ => Ok(Self { bytes }),
        }
    }

    /// The encoded headers.
    pub fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The value of this name; `None` as well if what precedes it is illegal.
    pub fn get(self, name: &str) -> Option<&'a str> {
        let mut legal = self.entries().map_while(Result::ok);
        legal.find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// All headers, checked.
    pub fn to_headers(self) -> Result<Headers, HeaderError> {
        Headers::decode(self.bytes)
    }

    /// Ends after the first error.
    fn entries(self) -> impl Iterator<Item = Result<(&'a str, &'a str), HeaderError>> {
        let mut reader = Some(Reader::new(self.bytes));
        std::iter::from_fn(move || {
            let mut rest = reader.take().filter(|r| r.remaining() > 0)?;
            let entry = read_entry(&mut rest);
            reader = entry.is_ok().then_some(rest);
            Some(entry)
        })
    }
}

fn read_entry<'a>(reader: &mut Reader<'a>) -> Result<(&'a str, &'a str), HeaderError> {
    let name = reader.text("a header's name", Headers::MAX_LEN)?;
    let value = reader.text("a header's value", Headers::MAX_LEN)?;
    Ok((name, value))
}

/// Headers that are too many, too long or illegal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// More than [`Headers::MAX_COUNT`].
    #[error(
        "{count} headers are too many: give a message at most {}",
        Headers::MAX_COUNT
    )]
    TooMany {
        /// How many there are, or at least.
        count: usize,
    },
    /// More than [`Headers::MAX_LEN`] bytes.
    #[error(
        "{len} bytes of headers are too long: give a message at most {}",
        Headers::MAX_LEN
    )]
    TooLong {
        /// How many bytes they take.
        len: usize,
    },
    /// A name that occurs twice.
    #[error("the header {name:?} occurs twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// Bytes that are no headers.
    #[error("the headers cannot be read: {0}")]
    Illegal(#[from] WireError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(headers: &Headers) -> Vec<u8> {
        let mut out = Vec::new();
        headers.encode(&mut out).unwrap();
        out
    }

    #[test]
    fn a_name_occurs_once_with_its_last_value() {
        let mut headers = Headers::new();
        headers.insert("a", "1");
        headers.insert("b", "2");
        headers.insert("a", "3");
        let entries: Vec<_> = headers.iter().collect();
        assert_eq!(entries, [("a", "3"), ("b", "2")]);
    }

    #[test]
    fn more_than_64_headers_are_refused_both_ways() {
        let mut headers = Headers::new();
        for name in 0..64 {
            headers.insert(name.to_string(), "");
        }
        let mut bytes = encoded(&headers);
        assert_eq!(Headers::decode(&bytes).as_ref(), Ok(&headers));
        headers.insert("one more", "");
        let refused = Err(HeaderError::TooMany { count: 65 });
        assert_eq!(headers.encode(&mut Vec::new()), refused);
        put_str(&mut bytes, "one more");
        put_str(&mut bytes, "");
        assert_eq!(
            Headers::decode(&bytes),
            Err(HeaderError::TooMany { count: 65 })
        );
    }

    #[test]
    fn more_than_64_kib_are_refused_both_ways_and_nothing_is_written() {
        let mut headers = Headers::new();
        // the length of the value takes three bytes, name and length of the name two
        headers.insert("a", "x".repeat(Headers::MAX_LEN - 5));
        assert_eq!(encoded(&headers).len(), Headers::MAX_LEN);
        headers.insert("a", "x".repeat(Headers::MAX_LEN - 4));
        let too_long = HeaderError::TooLong {
            len: Headers::MAX_LEN + 1,
        };
        let mut out = Vec::new();
        assert_eq!(headers.encode(&mut out), Err(too_long.clone()));
        assert!(out.is_empty());
        assert_eq!(
            Headers::decode(&vec![0; Headers::MAX_LEN + 1]),
            Err(too_long)
        );
    }

    #[test]
    fn a_name_that_travels_twice_is_refused() {
        let mut bytes = Vec::new();
        for text in ["a", "1", "a", "2"] {
            put_str(&mut bytes, text);
        }
        let twice = HeaderError::Twice { name: "a".into() };
        assert_eq!(Headers::decode(&bytes), Err(twice));
    }

    #[test]
    fn a_view_finds_a_value_without_reading_what_follows() {
        let mut bytes = Vec::new();
        put_str(&mut bytes, "a");
        put_str(&mut bytes, "1");
        bytes.push(9);
        let view = HeaderView::new(&bytes).unwrap();
        assert_eq!((view.get("a"), view.get("b")), (Some("1"), None));
        assert!(view.to_headers().is_err());
    }

    proptest! {
        #[test]
        fn headers_survive_and_their_length_is_exact(
            entries in prop::collection::hash_map(".*", ".*", 0..64),
        ) {
            let mut headers = Headers::new();
            for (name, value) in entries {
                headers.insert(name, value);
            }
            let bytes = encoded(&headers);
            prop_assert_eq!(bytes.len(), headers.encoded_len());
            prop_assert_eq!(Headers::decode(&bytes), Ok(headers));
        }

        #[test]
        fn no_input_makes_the_reading_panic(bytes: Vec<u8>) {
            let _ = Headers::decode(&bytes);
            let _ = HeaderView::new(&bytes).unwrap().get("a");
        }
    }
}
