//! What a peer wants, and how that changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::key_lists::{self, KeyLists};
use super::unreadable::Unreadable;
use crate::binding::BindingKey;

/// The subscriptions of one peer: by type, its sorted binding keys. A type without keys is not in
/// it. Cloning shares everything; a change copies only the list of types.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Subscriptions {
    by_type: Arc<KeyLists>,
}

impl Subscriptions {
    /// Most types that one peer subscribes to.
    pub const MAX_TYPES: usize = key_lists::MAX_TYPES;
    /// Most keys of one peer, over all types.
    pub const MAX_KEYS: usize = key_lists::MAX_KEYS;
    /// Longest wire form of one peer's subscriptions, in bytes.
    pub const MAX_BYTES: usize = key_lists::MAX_BYTES;

    /// Replaces the keys of a type; none remove it.
    pub fn set(&mut self, name: &str, keys: impl IntoIterator<Item = BindingKey>) {
        self.put(name.into(), key_lists::sorted(keys));
    }

    /// Replaces the keys of every type that `update` names.
    pub fn apply(&mut self, update: &SubscriptionUpdate) {
        for (name, keys) in update.iter() {
            self.put(name.clone(), keys.clone());
        }
    }

    /// The types with their keys, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<[BindingKey]>)> {
        self.by_type.iter()
    }

    /// The sorted keys of a type; none if there is no subscription to it.
    pub fn keys(&self, name: &str) -> &[BindingKey] {
        self.by_type.get(name).map_or(&[], |keys| keys)
    }

    /// Whether nothing is subscribed to.
    pub fn is_empty(&self) -> bool {
        self.by_type.is_empty()
    }

    /// How many keys there are over all types.
    pub fn key_count(&self) -> usize {
        self.by_type.values().map(|keys| keys.len()).sum()
    }

    /// What turns `before` into this: the complete keys of each type that differs.
    pub fn since(&self, before: &Self) -> SubscriptionUpdate {
        let mut changed = KeyLists::new();
        for (name, keys) in self.iter() {
            if before.by_type.get(name) != Some(keys) {
                changed.insert(name.clone(), keys.clone());
            }
        }
        for (name, _) in before.iter() {
            if !self.by_type.contains_key(name) {
                changed.insert(name.clone(), Arc::default());
            }
        }
        SubscriptionUpdate { by_type: changed }
    }

    /// What is above the limits of one peer, in words; `None` if all is within.
    pub fn excess(&self) -> Option<String> {
        let (types, keys) = (self.by_type.len(), self.key_count());
        if types > Self::MAX_TYPES {
            let limit = Self::MAX_TYPES;
            return Some(format!(
                "{types} types are subscribed to, at most {limit} may be"
            ));
        }
        if keys > Self::MAX_KEYS {
            let limit = Self::MAX_KEYS;
            return Some(format!(
                "there are {keys} binding keys, at most {limit} may be"
            ));
        }
        let len = key_lists::encoded_len(&self.by_type);
        let limit = Self::MAX_BYTES;
        (len > limit).then(|| format!("the subscriptions take {len} bytes, at most {limit} may be"))
    }

    /// The wire form.
    pub fn encode(&self) -> Bytes {
        key_lists::encode(&self.by_type)
    }

    /// Reads the wire form.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut by_type = key_lists::decode("a peer's subscriptions", bytes)?;
        by_type.retain(|_, keys| !keys.is_empty());
        Ok(Self {
            by_type: Arc::new(by_type),
        })
    }

    fn put(&mut self, name: Arc<str>, keys: Arc<[BindingKey]>) {
        let by_type = Arc::make_mut(&mut self.by_type);
        if keys.is_empty() {
            by_type.remove(&name);
        } else {
            by_type.insert(name, keys);
        }
    }
}

/// A change of one peer's subscriptions: the complete keys of each changed type, none where the
/// subscription to it ends. So it may be applied twice (promise 25).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionUpdate {
    by_type: BTreeMap<Arc<str>, Arc<[BindingKey]>>,
}

impl SubscriptionUpdate {
    /// States the complete keys of a type; none end the subscription to it.
    pub fn set(&mut self, name: &str, keys: impl IntoIterator<Item = BindingKey>) {
        self.by_type.insert(name.into(), key_lists::sorted(keys));
    }

    /// The changed types with their complete keys, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<[BindingKey]>)> {
        self.by_type.iter()
    }

    /// Whether no type is named.
    pub fn is_empty(&self) -> bool {
        self.by_type.is_empty()
    }

    /// The wire form.
    pub fn encode(&self) -> Bytes {
        key_lists::encode(&self.by_type)
    }

    /// Reads the wire form.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let by_type = key_lists::decode("a change of subscriptions", bytes)?;
        Ok(Self { by_type })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{any_subscriptions, any_update, key};
    use super::*;

    #[test]
    fn keys_are_sorted_and_without_doubles_and_a_type_without_keys_is_not_there() {
        let mut subscriptions = Subscriptions::default();
        subscriptions.set("Shop.Closed", [key("b"), key("a"), key("b")]);
        assert_eq!(subscriptions.keys("Shop.Closed"), [key("a"), key("b")]);
        subscriptions.set("Shop.Closed", []);
        assert_eq!(subscriptions, Subscriptions::default());
        assert!(subscriptions.keys("Shop.Closed").is_empty());
    }

    #[test]
    fn lists_that_are_not_in_order_or_claim_too_much_are_refused() {
        let mut lists = Subscriptions::default();
        lists.set("A", [key("a"), key("b")]);
        let good = lists.encode().to_vec();
        let swapped = [&good[..4], &good[7..10], &good[4..7]].concat();
        assert_eq!(swapped.len(), good.len());
        let twice = [&[2], &good[1..], &good[1..]].concat();
        let too_many_keys = [&good[..3], &[0xff, 0xff, 0x7f], &good[4..]].concat();
        let trailing = [&good[..], &[0]].concat();
        assert_eq!(Subscriptions::decode(&good), Ok(lists));
        for bad in [&swapped, &twice, &too_many_keys, &trailing] {
            assert!(Subscriptions::decode(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn what_is_above_a_limit_is_named() {
        let mut subscriptions = Subscriptions::default();
        subscriptions.set(
            "A",
            (0..Subscriptions::MAX_KEYS).map(|n| key(&n.to_string())),
        );
        assert_eq!(subscriptions.excess(), None);
        assert!(Subscriptions::decode(&subscriptions.encode()).is_ok());
        subscriptions.set("B", [key("one")]);
        let excess = subscriptions.excess().unwrap();
        assert!(excess.contains("10001 binding keys"), "{excess}");
        assert!(Subscriptions::decode(&subscriptions.encode()).is_err());

        let mut long = Subscriptions::default();
        long.set(
            "A",
            (0..800).map(|n| key(&format!("{n}{}", "x".repeat(1000)))),
        );
        assert!(long.excess().unwrap().contains("bytes"));
        assert!(Subscriptions::decode(&long.encode()).is_err());
    }

    proptest! {
        #[test]
        fn subscriptions_and_their_changes_survive_the_wire(
            subscriptions in any_subscriptions(), update in any_update(),
        ) {
            let decoded = Subscriptions::decode(&subscriptions.encode());
            prop_assert_eq!(decoded, Ok(subscriptions));
            prop_assert_eq!(SubscriptionUpdate::decode(&update.encode()), Ok(update));
        }

        #[test]
        fn the_difference_turns_the_one_into_the_other_and_names_nothing_else(
            before in any_subscriptions(), after in any_subscriptions(),
        ) {
            let update = after.since(&before);
            for (name, keys) in update.iter() {
                prop_assert_ne!(before.keys(name), &keys[..]);
            }
            let mut now = before;
            now.apply(&update);
            prop_assert_eq!(&now, &after);
            now.apply(&update);
            prop_assert_eq!(now, after);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            let _ = Subscriptions::decode(&bytes);
        }
    }
}
