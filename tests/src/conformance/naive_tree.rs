//! An index as simple as possible, independent of the real types: what a rule expects of a
//! sequence of steps is worked out with it.

use std::collections::BTreeSet;

use super::notation::{Content, Field, Key};

/// Pairs of peer and key, each looked at on every look-up.
#[derive(Default)]
pub(super) struct NaiveTree {
    pairs: BTreeSet<(String, Key)>,
}

impl NaiveTree {
    pub(super) fn add(&mut self, peer: &str, key: &Key) {
        self.pairs.insert((peer.to_owned(), normal(key)));
    }

    pub(super) fn remove(&mut self, peer: &str, key: &Key) {
        self.pairs.remove(&(peer.to_owned(), normal(key)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Who wants the content. Zebus ignores what a key has behind `#`; so does this.
    pub(super) fn lookup(&self, content: &Content) -> BTreeSet<String> {
        let wants = |key: &Key| content.is_empty() || key.is_empty() || fits(key, content);
        let found = self.pairs.iter().filter(|(_, key)| wants(key));
        found.map(|(peer, _)| peer.clone()).collect()
    }
}

/// `[]` and `["#"]` share a place.
pub(super) fn normal(key: &Key) -> Key {
    match key.as_slice() {
        [only] if only == "#" => Key::new(),
        _ => key.clone(),
    }
}

fn fits(key: &[String], content: &[Option<Field>]) -> bool {
    match (key, content) {
        ([], []) => true,
        ([part, ..], [_, ..]) if part == "#" => true,
        ([part, key @ ..], [field, content @ ..]) => {
            (part == "*" || holds(field, part)) && fits(key, content)
        }
        _ => false,
    }
}

fn holds(field: &Option<Field>, value: &str) -> bool {
    match field {
        None => false,
        Some(Field::One(one)) => one == value,
        Some(Field::Many(many)) => many.iter().flatten().any(|item| item == value),
    }
}
