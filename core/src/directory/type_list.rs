//! The message types that a peer knows, by name and hash.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};

use super::key_lists::type_name;
use super::unreadable::Unreadable;
use crate::message::schema::TypeHash;
use crate::wire::{Reader, put_str, put_varint};

/// The message types that a peer knows, each with the hash of its description. Cloning shares
/// everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeList {
    by_name: Arc<BTreeMap<Arc<str>, TypeHash>>,
}

impl TypeList {
    /// Most types of one peer.
    pub const MAX: usize = 1_024;
    /// Most bytes of the descriptions of one peer's types.
    pub const MAX_BYTES: usize = 4 << 20;

    /// The types in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &TypeHash)> {
        self.by_name.iter()
    }

    /// The hash of a type's description.
    pub fn get(&self, name: &str) -> Option<&TypeHash> {
        self.by_name.get(name)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The wire form.
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::new();
        put_varint(&mut out, self.len() as u64);
        for (name, hash) in self.iter() {
            put_str(&mut out, name);
            out.put_slice(&hash.0);
        }
        out.freeze()
    }

    /// Reads the wire form. Names have to ascend, so that equal lists have equal bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        const WHAT: &str = "a list of described types";
        let blame = Unreadable::blame(WHAT);
        let mut reader = Reader::new(bytes);
        let count = reader
            .varint_to("number of types", Self::MAX as u64)
            .map_err(&blame)?;
        let mut by_name = BTreeMap::<Arc<str>, TypeHash>::new();
        for _ in 0..count {
            let name = type_name(WHAT, &mut reader)?;
            if by_name
                .last_key_value()
                .is_some_and(|(last, _)| *last >= name)
            {
                return Err(Unreadable::new(WHAT, format!("{name} is not in order")));
            }
            by_name.insert(name, read_hash(WHAT, &mut reader)?);
        }
        reader.finish().map_err(&blame)?;
        let by_name = Arc::new(by_name);
        Ok(Self { by_name })
    }
}

/// What is more than [`MAX`](TypeList::MAX) is left out.
impl<N: Into<Arc<str>>> FromIterator<(N, TypeHash)> for TypeList {
    fn from_iter<T: IntoIterator<Item = (N, TypeHash)>>(types: T) -> Self {
        let types = types.into_iter().take(Self::MAX);
        Self {
            by_name: Arc::new(types.map(|(name, hash)| (name.into(), hash)).collect()),
        }
    }
}

/// Reads a hash.
pub(super) fn read_hash(
    what: &'static str,
    reader: &mut Reader<'_>,
) -> Result<TypeHash, Unreadable> {
    let mut hash = TypeHash([0; 32]);
    let bytes = reader.take("a hash", hash.0.len());
    hash.0
        .copy_from_slice(bytes.map_err(Unreadable::blame(what))?);
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn list(names: &[&str]) -> TypeList {
        let hashed = names
            .iter()
            .map(|name| (*name, TypeHash::of(name.as_bytes())));
        hashed.collect()
    }

    #[test]
    fn names_that_do_not_ascend_are_refused() {
        let mut bytes = list(&["A.A", "B.B"]).encode().to_vec();
        let second = 1 + 4 + 32 + 1;
        assert_eq!(bytes[second], b'B');
        bytes[second] = b'A';
        assert!(TypeList::decode(&bytes).is_ok());
        bytes[second + 2] = b'A';
        let refused = TypeList::decode(&bytes).unwrap_err();
        assert!(
            refused.to_string().contains("A.A is not in order"),
            "{refused}"
        );
    }

    #[test]
    fn more_than_a_peer_may_have_are_left_out_and_refused() {
        let names = (0..TypeList::MAX + 5).map(|n| (format!("T.{n}"), TypeHash([7; 32])));
        assert_eq!(names.collect::<TypeList>().len(), TypeList::MAX);
        let mut bytes = BytesMut::new();
        put_varint(&mut bytes, TypeList::MAX as u64 + 1);
        assert!(TypeList::decode(&bytes).is_err());
    }

    proptest! {
        #[test]
        fn every_list_survives_the_wire(names in vec("[a-c]{1,3}\\.[A-C]", 0..9)) {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let list = list(&names);
            prop_assert_eq!(TypeList::decode(&list.encode()), Ok(list));
        }

        #[test]
        fn no_bytes_make_the_reading_panic(bytes: Vec<u8>) {
            let _ = TypeList::decode(&bytes);
        }
    }
}
