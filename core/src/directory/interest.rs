//! How much of the directory a peer wants to hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::key_lists::{MAX_TYPES, type_name};
use super::unreadable::Unreadable;
use crate::wire::{Reader, put_str, put_varint};

/// Which part of the directory a peer asks for. A server may always send more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Interest {
    /// Everybody, with all subscriptions.
    #[default]
    All,
    /// Who subscribes to one of these types, with the subscriptions to them: what a peer needs
    /// that sends these types only.
    Types(BTreeSet<Arc<str>>),
}

impl Interest {
    /// The wire form; no bytes mean [`Interest::All`].
    pub fn encode(&self) -> Bytes {
        let Self::Types(names) = self else {
            return Bytes::new();
        };
        let mut out = BytesMut::new();
        put_varint(&mut out, names.len() as u64);
        for name in names {
            put_str(&mut out, name);
        }
        out.freeze()
    }

    /// Reads the wire form.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        const WHAT: &str = "an interest";
        if bytes.is_empty() {
            return Ok(Self::All);
        }
        let mut reader = Reader::new(bytes);
        let count = reader
            .varint_to("number of types", MAX_TYPES as u64)
            .map_err(Unreadable::blame(WHAT))?;
        let mut names = BTreeSet::new();
        for _ in 0..count {
            names.insert(type_name(WHAT, &mut reader)?);
        }
        reader.finish().map_err(Unreadable::blame(WHAT))?;
        Ok(Self::Types(names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interest_survives_the_wire_and_an_empty_list_is_not_everything() {
        let some = Interest::Types(["Shop.PlaceOrder".into(), "Shop.Closed".into()].into());
        for interest in [Interest::All, Interest::Types(BTreeSet::new()), some] {
            assert_eq!(Interest::decode(&interest.encode()), Ok(interest));
        }
    }

    #[test]
    fn an_interest_with_a_nameless_type_or_trailing_bytes_is_refused() {
        for bad in [&[1, 0][..], &[0, 7], &[1, 3, b'a'], &[1, 1, 7]] {
            assert!(Interest::decode(bad).is_err(), "{bad:?} was taken");
        }
    }
}
