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

impl TypeBook {
    /// Adds a type, or describes it anew; whether that is news.
    pub(super) fn add(&mut self, description: TypeDescription) -> bool {
        let encoded = description.encode();
        let hash = TypeHash::of(&encoded);
        let name = description.name;
        let known = self.by_name.get(&name);
        if known.is_some_and(|(known, _)| *known == hash) {
            return false;
        }
        if known.is_none() && self.by_name.len() >= TypeList::MAX {
            let most = TypeList::MAX;
            tracing::warn!(
                name,
                most,
                "too many types are described; this one is left out"
            );
            return false;
        }
        self.by_name.insert(name, (hash, encoded));
        true
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
    use crate::message::schema::Undescribed;

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
        assert!(book.add(named("A.A")));
        assert!(!book.add(named("A.A")));
        let otherwise = TypeDescription {
            schema: Err(Undescribed::Opaque),
            ..named("A.A")
        };
        assert!(book.add(otherwise.clone()));
        assert_eq!(book.list().get("A.A"), Some(&otherwise.hash()));
    }

    #[test]
    fn what_is_wanted_is_handed_over_in_runs_that_fit() {
        let mut book = TypeBook::default();
        let types = ["A.A", "A.B", "A.C", "A.D"].map(named);
        types.iter().for_each(|one| {
            book.add(one.clone());
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
