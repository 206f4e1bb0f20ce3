//! The message types that this process tells the directory of; pure.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::directory::TypeList;
use crate::message::schema::{TypeDescription, TypeHash};

/// The message types that this process tells the directory of.
#[derive(Debug, Default)]
pub(super) struct TypeBook {
    by_name: BTreeMap<String, (TypeHash, Bytes)>,
}

/// A type that is not described, since a directory takes no more of one process.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Undescribed {
    name: String,
    /// How many others are described.
    count: usize,
    /// What they take.
    bytes: usize,
}

impl Undescribed {
    /// With nothing locked: whoever reads the log may subscribe.
    pub(super) fn log(&self) {
        let Self { name, count, bytes } = self;
        tracing::warn!(
            name,
            count,
            bytes,
            "a directory takes no more; it is not described"
        );
    }
}

impl TypeBook {
    /// Adds a type, or describes it anew; whether that is news.
    pub(super) fn add(&mut self, description: TypeDescription) -> Result<bool, Undescribed> {
        let encoded = description.encode();
        let hash = TypeHash::of(&encoded);
        let name = description.name;
        let known = self.by_name.get(&name);
        if known.is_some_and(|(known, _)| *known == hash) {
            return Ok(false);
        }
        let others = self.by_name.iter().filter(|(other, _)| **other != name);
        let (count, bytes) = others.fold((0, 0), |sum, (_, (_, encoded))| {
            (sum.0 + 1, sum.1 + encoded.len())
        });
        if count >= TypeList::MAX || bytes + encoded.len() > TypeList::MAX_BYTES {
            return Err(Undescribed { name, count, bytes });
        }
        self.by_name.insert(name, (hash, encoded));
        Ok(true)
    }

    /// All of them.
    pub(super) fn list(&self) -> TypeList {
        let types = self.by_name.iter();
        types
            .map(|(name, (hash, _))| (name.as_str(), *hash))
            .collect()
    }

    /// The descriptions with these hashes, in runs of at most `most` bytes or a single one.
    pub(super) fn runs(&self, hashes: &[TypeHash], most: usize) -> Vec<Vec<Bytes>> {
        let known = self.by_name.values();
        let wanted = known.filter(|(hash, _)| hashes.contains(hash));
        let mut runs: Vec<Vec<Bytes>> = Vec::new();
        let mut held = 0;
        for (_, description) in wanted {
            held += description.len();
            match runs.last_mut().filter(|_| held <= most) {
                Some(run) => run.push(description.clone()),
                None => {
                    held = description.len();
                    runs.push(vec![description.clone()]);
                }
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;
    use crate::message::schema;

    #[derive(Clone, PartialEq, ::prost::Message, quibus::Event)]
    #[quibus(namespace = "Test")]
    struct Happened {}

    fn named(name: &str) -> TypeDescription {
        TypeDescription {
            name: name.into(),
            ..Happened::describe()
        }
    }

    #[test]
    fn only_what_is_said_anew_is_news() {
        let mut book = TypeBook::default();
        assert_eq!(book.add(named("A.A")), Ok(true));
        assert_eq!(book.add(named("A.A")), Ok(false));
        let otherwise = TypeDescription {
            schema: Err(schema::Undescribed::Opaque),
            ..named("A.A")
        };
        assert_eq!(book.add(otherwise.clone()), Ok(true));
        assert_eq!(book.list().get("A.A"), Some(&otherwise.hash()));
    }

    #[test]
    fn what_a_directory_would_not_take_is_left_out() {
        let mut book = TypeBook::default();
        let mut long = Happened::describe();
        long.schema.as_mut().unwrap().file = vec![0; 60_000].into();
        let name = |number: usize| format!("Test.{number:04}");
        long.name = name(0);
        let fits = TypeList::MAX_BYTES / long.encode().len();
        for number in 0..fits + 9 {
            long.name = name(number);
            assert_eq!(book.add(long.clone()).is_ok(), number < fits, "{number}");
        }
        assert_eq!(book.list().len(), fits);
        long.name = name(0);
        long.transient = true;
        let news = book.add(long);
        assert_eq!(news, Ok(true), "another form of one that is there");
    }

    #[test]
    fn what_is_wanted_is_handed_over_in_runs_that_fit() {
        let mut book = TypeBook::default();
        let types = ["A.A", "A.B", "A.C", "A.D"].map(named);
        types.iter().for_each(|one| {
            book.add(one.clone()).unwrap();
        });
        let len = types[0].encode().len();
        let hashes = types.each_ref().map(TypeDescription::hash);
        let lens = |most| {
            let runs = book.runs(&hashes[1..], most);
            runs.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(
            (lens(3 * len), lens(2 * len), lens(1)),
            (vec![3], vec![2, 1], vec![1, 1, 1])
        );
        assert!(book.runs(&[TypeHash([0; 32])], len).is_empty());
    }
}
