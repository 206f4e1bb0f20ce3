//! The subscribers of one message type.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use super::BindingTree;
use crate::binding::{BindingKey, RoutingKey};
use crate::id::PeerId;

/// Up to so many keys, comparing them one by one beats hashing the message's values.
const FEW_KEYS: usize = 8;

/// What the buffer for matches keeps between look-ups.
const KEPT_MATCHES: usize = 16 * 1024;

thread_local! {
    /// Slots that matched, so that a look-up in a large tree allocates nothing.
    static MATCHES: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
}

/// An immutable list of subscribers with an index over their keys; a change makes a new one that
/// shares what did not change.
#[derive(Debug)]
pub(super) struct TypeRoutes<R> {
    /// In order of insertion. The tree names a subscriber by its place, so a removed one leaves a
    /// hole; they are closed when they outnumber the living.
    slots: Vec<Option<Arc<Subscriber<R>>>>,
    tree: BindingTree<u32>,
    living: usize,
    /// How many of the living want everything.
    unfiltered: usize,
    /// Keys of all the living.
    keys: usize,
}

/// A peer and its new entry; `None` removes it.
pub(super) type PeerChange<R> = (PeerId, Option<Subscriber<R>>);

/// A peer with its keys for one type.
#[derive(Debug)]
pub(super) struct Subscriber<R> {
    pub(super) peer: PeerId,
    pub(super) recipient: R,
    /// Sorted, each once, never empty.
    pub(super) keys: Vec<BindingKey>,
}

impl<R> Subscriber<R> {
    fn is_unfiltered(&self) -> bool {
        self.keys.iter().any(BindingKey::is_empty)
    }
}

impl<R: Clone> TypeRoutes<R> {
    pub(super) fn is_empty(&self) -> bool {
        self.living == 0
    }

    pub(super) fn subscribers(&self) -> impl Iterator<Item = &Arc<Subscriber<R>>> {
        self.slots.iter().flatten()
    }

    /// Whether everybody wants everything.
    pub(super) fn is_unfiltered(&self) -> bool {
        self.unfiltered == self.living
    }

    /// Appends the recipients whose keys match, in order of insertion, each once.
    pub(super) fn route(&self, message: &RoutingKey, out: &mut Vec<R>) {
        if message.is_empty() || self.is_unfiltered() {
            out.extend(self.subscribers().map(|found| found.recipient.clone()));
        } else if self.keys <= FEW_KEYS {
            let wants = |found: &&Arc<Subscriber<R>>| found.keys.iter().any(|k| k.matches(message));
            let matching = self.subscribers().filter(wants);
            out.extend(matching.map(|found| found.recipient.clone()));
        } else {
            // Taken, not borrowed: should cloning a recipient route in turn, it finds a fresh one.
            let mut matches = MATCHES.take();
            self.tree.lookup(message, &mut matches);
            let matching = matches
                .iter()
                .filter_map(|slot| self.slots.get(*slot as usize));
            out.extend(matching.flatten().map(|found| found.recipient.clone()));
            matches.clear();
            matches.shrink_to(KEPT_MATCHES);
            MATCHES.set(matches);
        }
    }

    /// The same after these changes, in order. A peer keeps its place as long as it has keys.
    pub(super) fn after(&self, changes: Vec<PeerChange<R>>) -> Self {
        let mut next = Self {
            slots: self.slots.clone(),
            tree: self.tree.clone(),
            ..*self
        };
        let mut places = self.places(&changes);
        for (peer, subscriber) in changes {
            match (places.get(&peer), subscriber) {
                (Some(&slot), Some(subscriber)) => next.put(slot, Some(subscriber)),
                (Some(&slot), None) => {
                    next.put(slot, None);
                    places.remove(&peer);
                }
                (None, Some(subscriber)) => {
                    next.slots.push(None);
                    let slot = next.slots.len() - 1;
                    next.put(slot, Some(subscriber));
                    places.insert(peer, slot);
                }
                (None, None) => {}
            }
        }
        match next.slots.len() > 2 * next.living {
            true => next.compacted(),
            false => next,
        }
    }

    /// How many slots there are, holes included.
    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Where the peers that change stand. Many changes at once are worth an index over everybody:
    /// with a scan for each, a snapshot of 5,000 subscribers would be 12 million comparisons.
    fn places(&self, changes: &[PeerChange<R>]) -> HashMap<PeerId, usize> {
        let all = self.slots.iter().enumerate();
        let all = all.filter_map(|(slot, found)| Some((&found.as_ref()?.peer, slot)));
        let known = |(peer, slot): (&PeerId, usize)| (peer.clone(), slot);
        match changes {
            [(only, _)] => all.filter(|(peer, _)| *peer == only).map(known).collect(),
            _ => all.map(known).collect(),
        }
    }

    /// Changes one slot and what is counted and indexed over it. Keys that stay are not touched.
    fn put(&mut self, slot: usize, subscriber: Option<Subscriber<R>>) {
        let new = subscriber.map(Arc::new);
        let old = std::mem::replace(&mut self.slots[slot], new.clone());
        let keys = |of: &Option<Arc<Subscriber<R>>>| of.as_ref().map_or(0, |s| s.keys.len());
        let unfiltered = |of: &Option<Arc<Subscriber<R>>>| {
            usize::from(of.as_ref().is_some_and(|s| s.is_unfiltered()))
        };
        self.living = self.living + usize::from(new.is_some()) - usize::from(old.is_some());
        self.keys = self.keys + keys(&new) - keys(&old);
        self.unfiltered = self.unfiltered + unfiltered(&new) - unfiltered(&old);

        let has = |of: &Option<Arc<Subscriber<R>>>, key: &BindingKey| {
            of.as_ref()
                .is_some_and(|s| s.keys.binary_search(key).is_ok())
        };
        let name = slot as u32;
        for key in old
            .iter()
            .flat_map(|s| &s.keys)
            .filter(|key| !has(&new, key))
        {
            self.tree.remove(&name, key);
        }
        for key in new
            .iter()
            .flat_map(|s| &s.keys)
            .filter(|key| !has(&old, key))
        {
            self.tree.add(name, key);
        }
    }

    fn compacted(&self) -> Self {
        let slots: Vec<_> = self.subscribers().cloned().map(Some).collect();
        let mut tree = BindingTree::new();
        for (slot, subscriber) in slots.iter().flatten().enumerate() {
            let name = slot as u32;
            subscriber.keys.iter().for_each(|key| tree.add(name, key));
        }
        Self {
            slots,
            tree,
            ..*self
        }
    }
}

impl<R> Default for TypeRoutes<R> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            tree: BindingTree::default(),
            living: 0,
            unfiltered: 0,
            keys: 0,
        }
    }
}
