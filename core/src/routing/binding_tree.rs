//! An index from binding keys to whoever subscribed with them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::binding::{BindingKey, PartRef, Parts, RoutingField, RoutingKey};

/// A set of (value, key) pairs that finds the values whose keys match a message.
///
/// A look-up follows the message's fields down the tree, so its cost grows with the keys that
/// begin like the message, not with all of them. Nodes are shared between clones: cloning is free,
/// and a change to one clone copies only the nodes on its path.
#[derive(Debug, Clone)]
pub struct BindingTree<T> {
    root: Arc<Node<T>>,
}

#[derive(Debug, Clone)]
struct Node<T> {
    /// Values whose key ends here, sorted.
    exact: Vec<T>,
    /// Values whose key has `#` here, sorted. At the root: the key that matches everything.
    rest: Vec<T>,
    /// Where `*` leads.
    any: Option<Arc<Node<T>>>,
    /// Where a value leads.
    literal: HashMap<Arc<str>, Arc<Node<T>>>,
}

impl<T: Ord + Clone> BindingTree<T> {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether no pair is left.
    pub fn is_empty(&self) -> bool {
        self.root.is_empty()
    }

    /// Adds a pair. An equal value under the same key is replaced.
    pub fn add(&mut self, value: T, key: &BindingKey) {
        let root = Arc::make_mut(&mut self.root);
        let values = match key.is_empty() {
            true => &mut root.rest,
            false => root.values_at(key.parts()),
        };
        match values.binary_search(&value) {
            Ok(at) => values[at] = value,
            Err(at) => values.insert(at, value),
        }
    }

    /// Removes a pair and the branch it leaves bare. Says whether it was there.
    pub fn remove(&mut self, value: &T, key: &BindingKey) -> bool {
        if !self.contains(value, key) {
            return false;
        }
        let root = Arc::make_mut(&mut self.root);
        match key.is_empty() {
            true => remove_sorted(&mut root.rest, value),
            false => root.remove(value, key.parts()),
        }
        true
    }

    /// Whether the pair is there.
    pub fn contains(&self, value: &T, key: &BindingKey) -> bool {
        let values = match key.is_empty() {
            true => Some(&self.root.rest),
            false => self.root.find(key.parts()),
        };
        values.is_some_and(|values| values.binary_search(value).is_ok())
    }

    /// Replaces what `out` holds by the values whose keys match, sorted, each once. A message
    /// without routing fields matches every key (promise 6). Allocates nothing but room in `out`.
    pub fn lookup(&self, message: &RoutingKey, out: &mut Vec<T>) {
        out.clear();
        match message.is_empty() {
            true => self.root.collect_all(out),
            false => self.root.collect(message, 0, out),
        }
        out.sort_unstable();
        out.dedup();
    }
}

impl<T> Default for BindingTree<T> {
    fn default() -> Self {
        Self {
            root: Arc::default(),
        }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self {
            exact: Vec::new(),
            rest: Vec::new(),
            any: None,
            literal: HashMap::new(),
        }
    }
}

/// Recursion goes as deep as a key has parts: at most [`BindingKey::MAX_PARTS`].
impl<T: Ord + Clone> Node<T> {
    fn is_empty(&self) -> bool {
        self.exact.is_empty()
            && self.rest.is_empty()
            && self.any.is_none()
            && self.literal.is_empty()
    }

    fn collect_all(&self, out: &mut Vec<T>) {
        out.extend_from_slice(&self.exact);
        out.extend_from_slice(&self.rest);
        for child in self.any.iter().chain(self.literal.values()) {
            child.collect_all(out);
        }
    }

    fn collect(&self, message: &RoutingKey, depth: usize, out: &mut Vec<T>) {
        let Some(field) = message.field(depth) else {
            out.extend_from_slice(&self.exact);
            return;
        };
        out.extend_from_slice(&self.rest);
        if let Some(any) = &self.any {
            any.collect(message, depth + 1, out);
        }
        self.for_each_literal(field, |child| child.collect(message, depth + 1, out));
    }

    /// The children a field leads to. The values of a field are distinct, so no node is visited
    /// twice in one look-up; a collection larger than the fan-out is not walked at all.
    fn for_each_literal(&self, field: RoutingField<'_>, mut visit: impl FnMut(&Self)) {
        let values = field.values();
        if self.literal.len() < values.len() {
            let wanted = self
                .literal
                .iter()
                .filter(|(value, _)| field.contains(value));
            wanted.for_each(|(_, child)| visit(child));
        } else if !self.literal.is_empty() {
            let children = values.filter_map(|value| self.literal.get(value));
            children.for_each(|child| visit(child));
        }
    }

    /// The values at the end of a path, which is made where it is missing.
    fn values_at(&mut self, mut path: Parts<'_>) -> &mut Vec<T> {
        match path.next() {
            None => &mut self.exact,
            Some(PartRef::Rest) => &mut self.rest,
            Some(PartRef::Any) => Arc::make_mut(self.any.get_or_insert_default()).values_at(path),
            Some(PartRef::Value(value)) => {
                let child = self.literal.entry(value.into()).or_default();
                Arc::make_mut(child).values_at(path)
            }
        }
    }

    fn find(&self, mut path: Parts<'_>) -> Option<&Vec<T>> {
        match path.next() {
            None => Some(&self.exact),
            Some(PartRef::Rest) => Some(&self.rest),
            Some(PartRef::Any) => self.any.as_ref()?.find(path),
            Some(PartRef::Value(value)) => self.literal.get(value)?.find(path),
        }
    }

    fn remove(&mut self, value: &T, mut path: Parts<'_>) {
        match path.next() {
            None => remove_sorted(&mut self.exact, value),
            Some(PartRef::Rest) => remove_sorted(&mut self.rest, value),
            Some(PartRef::Any) => {
                if let Some(child) = &mut self.any {
                    let child = Arc::make_mut(child);
                    child.remove(value, path);
                    if child.is_empty() {
                        self.any = None;
                    }
                }
            }
            Some(PartRef::Value(part)) => {
                if let Some(child) = self.literal.get_mut(part) {
                    let child = Arc::make_mut(child);
                    child.remove(value, path);
                    if child.is_empty() {
                        self.literal.remove(part);
                    }
                }
            }
        }
    }
}

fn remove_sorted<T: Ord>(values: &mut Vec<T>, value: &T) {
    if let Ok(at) = values.binary_search(value) {
        values.remove(at);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> BindingKey {
        BindingKey::parse(text).unwrap()
    }

    fn message(fields: &[Vec<String>]) -> RoutingKey {
        let mut key = RoutingKey::new();
        fields.iter().for_each(|values| key.push_values(values));
        key
    }

    fn found(tree: &BindingTree<u8>, message: &RoutingKey) -> Vec<u8> {
        let mut out = vec![99];
        tree.lookup(message, &mut out);
        out
    }

    #[test]
    fn a_value_with_several_matching_keys_is_found_once() {
        let mut tree = BindingTree::new();
        for text in ["a.*", "a.#", "#", "a.b", "*.b"] {
            tree.add(1, &key(text));
        }
        assert_eq!(
            found(&tree, &message(&[vec!["a".into()], vec!["b".into()]])),
            [1]
        );
        assert_eq!(found(&tree, &RoutingKey::new()), [1]);
    }

    #[test]
    fn removing_what_is_not_there_changes_nothing() {
        let mut tree = BindingTree::new();
        tree.add(1, &key("a.b"));
        for (value, text) in [(1, "a"), (1, "a.*"), (1, "#"), (2, "a.b"), (1, "a.b.#")] {
            assert!(!tree.remove(&value, &key(text)), "{value} {text}");
        }
        assert!(tree.contains(&1, &key("a.b")) && !tree.is_empty());
        assert!(tree.remove(&1, &key("a.b")) && tree.is_empty());
    }

    #[test]
    fn a_clone_does_not_see_later_changes() {
        let mut tree = BindingTree::new();
        tree.add(1, &key("a.b"));
        let before = tree.clone();
        tree.add(2, &key("a.b"));
        tree.remove(&1, &key("a.b"));
        let message = message(&[vec!["a".into()], vec!["b".into()]]);
        assert_eq!(
            (found(&before, &message), found(&tree, &message)),
            (vec![1], vec![2])
        );
    }

    #[test]
    fn repeated_elements_of_collections_do_not_multiply_the_walk() {
        let mut tree = BindingTree::new();
        tree.add(1, &key("a.a.a.a.a.a"));
        tree.add(2, &key("b.a.a.a.a.a"));
        let field = vec!["a".to_owned(); 1_000];
        // 10^18 visits if each repetition were followed.
        assert_eq!(found(&tree, &message(&vec![field; 6])), [1]);
    }

    type Step = (bool, u8, BindingKey);

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let keys = "(([ab]|\\*)\\.){0,2}([ab]|\\*|#)".prop_map(|text| key(&text));
        prop::collection::vec((prop::bool::weighted(0.7), 0_u8..4, keys), 0..24)
    }

    proptest! {
        #[test]
        fn the_tree_answers_as_a_list_of_pairs_would(
            steps in steps(),
            fields in prop::collection::vec(prop::collection::vec("[abc]", 0..3), 0..4),
        ) {
            let mut tree = BindingTree::new();
            let mut pairs = BTreeSet::new();
            for (add, value, key) in steps {
                if add {
                    tree.add(value, &key);
                    pairs.insert((value, key));
                } else {
                    prop_assert_eq!(tree.remove(&value, &key), pairs.remove(&(value, key)));
                }
            }
            let message = message(&fields);
            let wanted = pairs.iter().filter(|(_, key)| key.matches(&message));
            let wanted: BTreeSet<u8> = wanted.map(|(value, _)| *value).collect();
            prop_assert_eq!(found(&tree, &message), Vec::from_iter(wanted));
            prop_assert_eq!(tree.is_empty(), pairs.is_empty());
        }
    }
}
