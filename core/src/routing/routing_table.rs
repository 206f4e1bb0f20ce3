//! Message type → binding tree → recipients.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use super::type_routes::{PeerChange, Subscriber, TypeRoutes};
use crate::binding::{BindingKey, RoutingKey};
use crate::id::PeerId;

/// Who gets which message: per type, each subscribed peer with its keys and its recipient `R`
/// (whatever the caller hands messages to).
///
/// Readers load an immutable structure and never wait; writers take turns. A change copies the
/// structure of its own type, and there only the path to the changed keys plus the list of
/// subscribers. The table is as large as what [`set`](Self::set) was given; whoever feeds it from
/// outside limits the keys of a peer.
#[derive(Debug)]
pub struct RoutingTable<R> {
    types: ArcSwap<Types<R>>,
    writer: Mutex<TypesOfPeers>,
    version: AtomicU64,
}

/// The next version of any table: two tables never have the same.
static NEXT_VERSION: AtomicU64 = AtomicU64::new(1);

/// The outer map changes only when a type gains its first subscriber or loses its last.
type Types<R> = HashMap<Arc<str>, Arc<ArcSwap<TypeRoutes<R>>>>;

/// Under which types a peer stands, so that removing it touches no others.
type TypesOfPeers = BTreeMap<PeerId, BTreeSet<Arc<str>>>;

impl<R: Clone + Send + Sync> RoutingTable<R> {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes `keys` the complete list of the peer's keys for this type, and `recipient` where its
    /// messages of this type go. An empty list ends its subscription to the type.
    ///
    /// Messages routed after this returns follow it. A peer keeps its place in the order of
    /// recipients as long as it has a key.
    pub fn set(&self, peer: &PeerId, recipient: R, type_name: &str, keys: &[BindingKey]) {
        self.apply([RouteChange {
            peer,
            recipient,
            type_name,
            keys,
        }]);
    }

    /// Does what [`set`](Self::set) does for each change, in order, but copies each type only once:
    /// for snapshots. A message routed meanwhile may follow the changes of one type and not yet
    /// those of another, never half of one type's.
    pub fn apply<'a>(&self, changes: impl IntoIterator<Item = RouteChange<'a, R>>)
    where
        R: 'a,
    {
        let mut by_type: BTreeMap<&str, Vec<PeerChange<R>>> = BTreeMap::new();
        for change in changes {
            let keys: BTreeSet<_> = change.keys.iter().cloned().collect();
            let subscriber = (!keys.is_empty()).then(|| Subscriber {
                peer: change.peer.clone(),
                recipient: change.recipient,
                keys: keys.into_iter().collect(),
            });
            let changes = by_type.entry(change.type_name).or_default();
            changes.push((change.peer.clone(), subscriber));
        }
        self.change(&mut self.lock(), by_type);
    }

    /// Ends all subscriptions of a peer.
    pub fn remove_peer(&self, peer: &PeerId) {
        let mut peers = self.lock();
        let names = peers.get(peer).cloned().unwrap_or_default();
        let by_type = names
            .iter()
            .map(|name| (&**name, vec![(peer.clone(), None)]));
        self.change(&mut peers, by_type.collect());
    }

    /// Appends to `out` the recipient of each peer that wants the message, once per peer (promise
    /// 8), in the order in which the peers subscribed to the type. Allocates nothing but room in
    /// `out`, and never waits.
    pub fn route(&self, type_name: &str, message: &RoutingKey, out: &mut Vec<R>) {
        self.route_all(type_name, message, out);
    }

    /// As [`route`](Self::route). Returns whether every other message of this type gets the same
    /// answer as long as the [`version`](Self::version) is what it was before.
    pub(crate) fn route_all(
        &self,
        type_name: &str,
        message: &RoutingKey,
        out: &mut Vec<R>,
    ) -> bool {
        match self.types.load().get(type_name) {
            Some(routes) => {
                let routes = routes.load();
                routes.route(message, out);
                routes.is_unfiltered()
            }
            None => true,
        }
    }

    /// Changes with every change, and differs between tables.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The peers subscribed to a type, in order, each with its keys, sorted.
    pub fn subscribers(&self, type_name: &str) -> Vec<(PeerId, Vec<BindingKey>)> {
        self.explain(type_name, &RoutingKey::new())
    }

    /// The peers that want the message, in order, each with those of its keys that match.
    pub fn explain(&self, type_name: &str, message: &RoutingKey) -> Vec<(PeerId, Vec<BindingKey>)> {
        let types = self.types.load();
        let Some(routes) = types.get(type_name) else {
            return Vec::new();
        };
        let why = |found: &Arc<Subscriber<R>>| {
            let keys = found.keys.iter().filter(|key| key.matches(message));
            (found.peer.clone(), keys.cloned().collect::<Vec<_>>())
        };
        let peers = routes.load().subscribers().map(why).collect::<Vec<_>>();
        peers
            .into_iter()
            .filter(|(_, keys)| !keys.is_empty())
            .collect()
    }

    /// Whether nobody is subscribed to anything.
    pub fn is_empty(&self) -> bool {
        self.types.load().is_empty()
    }

    /// A writer that panicked has not stored anything, so what it leaves is whole.
    fn lock(&self) -> MutexGuard<'_, TypesOfPeers> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, peers: &mut TypesOfPeers, by_type: BTreeMap<&str, Vec<PeerChange<R>>>) {
        // Nothing that was remembered of this version has become wrong.
        if by_type.is_empty() {
            return;
        }
        let types = self.types.load();
        let mut next = None;
        for (name, changes) in by_type {
            let known = types.get_key_value(name);
            let name = known.map_or_else(|| name.into(), |(name, _)| name.clone());
            for (peer, subscriber) in &changes {
                note(peers, peer, &name, subscriber.is_some());
            }
            let Some((_, routes)) = known else {
                let routes = TypeRoutes::default().after(changes);
                if !routes.is_empty() {
                    let next = next.get_or_insert_with(|| Types::clone(&types));
                    next.insert(name, Arc::new(ArcSwap::from_pointee(routes)));
                }
                continue;
            };
            let left = routes.load().after(changes);
            if left.is_empty() {
                next.get_or_insert_with(|| Types::clone(&types))
                    .remove(&name);
            }
            routes.store(Arc::new(left));
        }
        if let Some(next) = next {
            self.types.store(Arc::new(next));
        }
        self.version.store(next_version(), Ordering::Release);
    }
}

/// One peer's complete list of keys for one type; see [`RoutingTable::set`].
#[derive(Debug, Clone)]
pub struct RouteChange<'a, R> {
    /// Whose list.
    pub peer: &'a PeerId,
    /// Where its messages of the type go.
    pub recipient: R,
    /// Of which type.
    pub type_name: &'a str,
    /// The complete list; empty to end the subscription.
    pub keys: &'a [BindingKey],
}

fn next_version() -> u64 {
    NEXT_VERSION.fetch_add(1, Ordering::Relaxed)
}

fn note(peers: &mut TypesOfPeers, peer: &PeerId, name: &Arc<str>, subscribed: bool) {
    if subscribed {
        peers.entry(peer.clone()).or_default().insert(name.clone());
    } else if let Some(names) = peers.get_mut(peer) {
        names.remove(name);
        if names.is_empty() {
            peers.remove(peer);
        }
    }
}

impl<R> Default for RoutingTable<R> {
    fn default() -> Self {
        Self {
            types: ArcSwap::from_pointee(Types::new()),
            writer: Mutex::default(),
            version: AtomicU64::new(next_version()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use proptest::prelude::*;

    use super::*;

    fn peer(number: u8) -> PeerId {
        PeerId::new(&format!("Peer.{number}")).unwrap()
    }

    fn keys(texts: &[&str]) -> Vec<BindingKey> {
        texts
            .iter()
            .map(|text| BindingKey::parse(text).unwrap())
            .collect()
    }

    fn message(fields: &[&str]) -> RoutingKey {
        let mut key = RoutingKey::new();
        fields.iter().for_each(|value| key.push_value(value));
        key
    }

    fn routed(table: &RoutingTable<u8>, type_name: &str, message: &RoutingKey) -> Vec<u8> {
        let mut out = Vec::new();
        table.route(type_name, message, &mut out);
        out
    }

    #[test]
    fn types_do_not_know_each_other() {
        let table = RoutingTable::new();
        table.set(&peer(1), 1, "A", &keys(&["#"]));
        table.set(&peer(2), 2, "B", &keys(&["#"]));
        assert_eq!(routed(&table, "A", &message(&["x"])), [1]);
        assert!(routed(&table, "C", &message(&["x"])).is_empty());
        table.remove_peer(&peer(1));
        assert!(routed(&table, "A", &RoutingKey::new()).is_empty());
        assert_eq!(routed(&table, "B", &RoutingKey::new()), [2]);
    }

    #[test]
    fn a_new_list_replaces_the_keys_and_the_recipient_but_not_the_place() {
        let table = RoutingTable::new();
        table.set(&peer(2), 2, "A", &keys(&["a"]));
        table.set(&peer(1), 1, "A", &keys(&["*"]));
        table.set(&peer(2), 7, "A", &keys(&["b", "c", "b"]));
        assert_eq!(routed(&table, "A", &message(&["b"])), [7, 1]);
        assert_eq!(routed(&table, "A", &message(&["a"])), [1]);
        let listed = [(peer(2), keys(&["b", "c"])), (peer(1), keys(&["*"]))];
        assert_eq!(table.subscribers("A"), listed);
        assert_eq!(
            table.explain("A", &message(&["b"]))[0],
            (peer(2), keys(&["b"]))
        );
    }

    #[test]
    fn the_last_subscriber_takes_its_type_along() {
        let table = RoutingTable::new();
        table.set(&peer(1), 1, "A", &keys(&["a"]));
        table.set(&peer(1), 1, "A", &[]);
        table.set(&peer(2), 1, "A", &[]);
        table.remove_peer(&peer(1));
        assert!(table.is_empty() && table.lock().is_empty());
    }

    #[test]
    fn changes_at_once_end_where_changes_one_by_one_do() {
        let (at_once, one_by_one) = (RoutingTable::new(), RoutingTable::new());
        at_once.set(&peer(1), 1, "A", &keys(&["a"]));
        one_by_one.set(&peer(1), 1, "A", &keys(&["a"]));
        let (a, b, none) = (keys(&["a", "*"]), keys(&["b"]), keys(&[]));
        let peers = [peer(1), peer(2), peer(3)];
        let steps = [
            (2, "A", &a),
            (0, "A", &none),
            (1, "B", &b),
            (0, "A", &b),
            (1, "B", &none),
        ];
        for (index, type_name, keys) in steps {
            one_by_one.set(&peers[index], index as u8, type_name, keys);
        }
        at_once.apply(steps.map(|(index, type_name, keys)| RouteChange {
            peer: &peers[index],
            recipient: index as u8,
            type_name,
            keys,
        }));
        let listed = at_once.subscribers("A");
        assert_eq!(
            listed,
            [(peer(3), keys(&["a", "*"])), (peer(1), keys(&["b"]))]
        );
        assert_eq!(listed, one_by_one.subscribers("A"));
        assert_eq!(*at_once.lock(), *one_by_one.lock());
        assert!(at_once.subscribers("B").is_empty());
    }

    #[test]
    fn holes_are_closed_so_that_churn_does_not_grow_the_table() {
        let table = RoutingTable::new();
        table.set(&peer(0), 0, "A", &keys(&["x.#"]));
        for number in 1..=250 {
            table.set(
                &peer(number),
                number,
                "A",
                &keys(&["x.1", "x.2", "x.3", "y", "z"]),
            );
            if number > 10 {
                table.remove_peer(&peer(number - 10));
            }
        }
        let mut wanted: Vec<u8> = (241..=250).collect();
        wanted.insert(0, 0);
        assert_eq!(routed(&table, "A", &message(&["x", "2"])), wanted);
        let types = table.types.load();
        assert!(types["A"].load().slots() <= 2 * wanted.len());
    }

    #[test]
    fn readers_see_each_change_whole_while_writers_write() {
        let table = RoutingTable::new();
        table.set(&peer(0), 0, "A", &keys(&["#"]));
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut looks = 0_u32;
                while !done.load(Ordering::Acquire) || looks == 0 {
                    let found = routed(&table, "A", &message(&["a"]));
                    assert!(found == [0] || found == [0, 1], "{found:?}");
                    looks += 1;
                }
                looks
            });
            for _ in 0..2_000 {
                table.set(&peer(1), 1, "A", &keys(&["a", "b"]));
                table.set(&peer(1), 1, "A", &keys(&["b"]));
                table.remove_peer(&peer(1));
            }
            done.store(true, Ordering::Release);
            assert!(reader.join().unwrap() > 0);
        });
        assert_eq!(routed(&table, "A", &message(&["b"])), [0]);
    }

    /// `None` removes the peer.
    type Step = (u8, Option<Vec<BindingKey>>);

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let key = "(([ab]|\\*)\\.){0,2}([ab]|\\*|#)".prop_map(|text| keys(&[&text])[0].clone());
        let list = prop::collection::vec(key, 0..5);
        prop::collection::vec((0_u8..6, prop::option::weighted(0.8, list)), 0..30)
    }

    proptest! {
        #[test]
        fn the_table_answers_as_a_list_of_peers_and_keys_would(
            steps in steps(),
            fields in prop::collection::vec(prop::collection::vec("[abc]", 0..3), 0..4),
        ) {
            let table = RoutingTable::new();
            let mut naive: Vec<(u8, Vec<BindingKey>)> = Vec::new();
            let mut wanted_key = RoutingKey::new();
            fields.iter().for_each(|values| wanted_key.push_values(values));
            for (number, list) in steps {
                match list {
                    Some(list) => {
                        table.set(&peer(number), number, "A", &list);
                        match naive.iter_mut().find(|entry| entry.0 == number) {
                            Some(entry) => entry.1 = list,
                            None => naive.push((number, list)),
                        }
                    }
                    None => {
                        table.remove_peer(&peer(number));
                        naive.retain(|entry| entry.0 != number);
                    }
                }
                naive.retain(|entry| !entry.1.is_empty());
                let matching = naive.iter().filter(|(_, keys)| {
                    keys.iter().any(|key| key.matches(&wanted_key))
                });
                let wanted: Vec<u8> = matching.map(|(number, _)| *number).collect();
                prop_assert_eq!(routed(&table, "A", &wanted_key), wanted);
            }
            prop_assert_eq!(table.is_empty(), naive.is_empty());
        }
    }
}
