//! What the types that peers know look like: each description once, however many know it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use quibus::directory::TypeList;
use quibus::directory::contract::KnownType;
use quibus::message::schema::TypeHash;

/// What the types that peers know look like: each description once, for as long as somebody knows
/// the type.
#[derive(Debug, Clone, Default)]
pub(crate) struct TypeLibrary {
    /// How many peers know a type so.
    known: BTreeMap<(Arc<str>, TypeHash), u32>,
    shelves: BTreeMap<TypeHash, Shelf>,
    /// Of all descriptions.
    bytes: usize,
    /// Over all peers.
    entries: usize,
}

/// The place of one description.
#[derive(Debug, Clone, Default)]
struct Shelf {
    /// How many entries of peers name it.
    named: u32,
    /// Not there before somebody has supplied it.
    description: Option<Bytes>,
}

impl TypeLibrary {
    /// A peer knows these types.
    pub(crate) fn enter(&mut self, types: &TypeList) {
        for (name, hash) in types.iter() {
            *self.known.entry((name.clone(), *hash)).or_default() += 1;
            self.shelves.entry(*hash).or_default().named += 1;
            self.entries += 1;
        }
    }

    /// A peer knows them no more, or is gone.
    pub(crate) fn leave(&mut self, types: &TypeList) {
        for (name, hash) in types.iter() {
            self.entries -= 1;
            let key = (name.clone(), *hash);
            if let Some(peers) = self.known.get_mut(&key) {
                *peers -= 1;
                if *peers == 0 {
                    self.known.remove(&key);
                }
            }
            if let Some(shelf) = self.shelves.get_mut(hash) {
                shelf.named -= 1;
                if shelf.named == 0 {
                    let freed = shelf.description.as_ref().map_or(0, Bytes::len);
                    self.bytes -= freed;
                    self.shelves.remove(hash);
                }
            }
        }
    }

    /// Those of these types whose descriptions nobody has supplied.
    pub(crate) fn lacking(&self, types: &TypeList) -> Vec<TypeHash> {
        let hashes = types.iter().map(|(_, hash)| *hash);
        hashes.filter(|hash| self.get(hash).is_none()).collect()
    }

    /// Puts a description where it has been named.
    pub(crate) fn supply(&mut self, hash: TypeHash, description: Bytes) {
        if let Some(shelf) = self.shelves.get_mut(&hash)
            && shelf.description.is_none()
        {
            self.bytes += description.len();
            shelf.description = Some(description);
        }
    }

    /// The description with this hash.
    pub(crate) fn get(&self, hash: &TypeHash) -> Option<&Bytes> {
        self.shelves.get(hash)?.description.as_ref()
    }

    /// The types whose names follow on this one and whose descriptions are there.
    pub(crate) fn after(&self, name: &str) -> impl Iterator<Item = KnownType> {
        let last_of_name = (Arc::from(name), TypeHash([0xff; 32]));
        let known = self.known.range(last_of_name..);
        let known = known.filter(move |((of, hash), _)| &**of > name && self.get(hash).is_some());
        known.map(|((name, hash), peers)| KnownType {
            name: name.as_ref().into(),
            hash: *hash,
            peers: *peers,
        })
    }

    /// How many bytes all descriptions have.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many entries all peers have together.
    pub(crate) fn entries(&self) -> usize {
        self.entries
    }

    /// Every description that is there, in the order of their hashes.
    pub(crate) fn descriptions(&self) -> impl Iterator<Item = (&TypeHash, &Bytes)> {
        let shelves = self.shelves.iter();
        shelves.filter_map(|(hash, shelf)| Some((hash, shelf.description.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(names: &[&str]) -> TypeList {
        let named = names
            .iter()
            .map(|name| (*name, TypeHash([name.len() as u8; 32])));
        named.collect()
    }

    fn listed(library: &TypeLibrary, after: &str) -> Vec<(String, u32)> {
        let known = library.after(after);
        known.map(|known| (known.name, known.peers)).collect()
    }

    #[test]
    fn a_description_is_there_once_until_the_last_who_names_it_has_left() {
        let mut library = TypeLibrary::default();
        let (one, other) = (types(&["A.A", "A.BB"]), types(&["A.A"]));
        library.enter(&one);
        library.enter(&other);
        let hash = *one.get("A.A").unwrap();
        assert_eq!(library.lacking(&one).len(), 2);
        library.supply(hash, Bytes::from_static(b"shape"));
        library.supply(hash, Bytes::from_static(b"again"));
        assert_eq!((library.bytes(), library.entries()), (5, 3));
        assert_eq!(library.lacking(&one), [*one.get("A.BB").unwrap()]);
        library.leave(&one);
        assert_eq!(library.get(&hash).unwrap(), &b"shape"[..]);
        library.leave(&other);
        assert_eq!(
            (library.get(&hash), library.bytes(), library.entries()),
            (None, 0, 0)
        );
    }

    #[test]
    fn only_what_was_named_is_kept() {
        let mut library = TypeLibrary::default();
        library.supply(TypeHash([1; 32]), Bytes::from_static(b"shape"));
        assert_eq!((library.descriptions().count(), library.bytes()), (0, 0));
    }

    #[test]
    fn a_list_goes_on_behind_a_name_and_leaves_out_what_nobody_supplied() {
        let mut library = TypeLibrary::default();
        let all = types(&["A", "B.B", "C.CCC", "D.DDDD"]);
        library.enter(&all);
        library.enter(&types(&["C.CCC"]));
        for (name, hash) in all.iter().filter(|(name, _)| &***name != "D.DDDD") {
            library.supply(*hash, Bytes::copy_from_slice(name.as_bytes()));
        }
        let expected = [("A".to_owned(), 1), ("B.B".into(), 1), ("C.CCC".into(), 2)];
        assert_eq!(listed(&library, ""), expected);
        assert_eq!(listed(&library, "A"), expected[1..]);
        assert_eq!(listed(&library, "B"), expected[1..]);
        assert!(listed(&library, "C.CCC").is_empty());
    }
}
