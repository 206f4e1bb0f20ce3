//! Everything that finds peers by binding key, kept in step: the tree and the routing table.

use std::collections::{BTreeMap, BTreeSet};

use quibus::PeerId;
use quibus::binding::{BindingKey, RoutingKey};
use quibus::routing::{BindingTree, RoutingTable};

/// The one message type that is routed.
const TYPE: &str = "Vectors.Message";

/// More keys than a table compares one by one.
const CROWD: u32 = 64;

/// A stored address, if the vector gave one.
pub(super) type Endpoint = Option<String>;

/// A [`BindingTree`] and two [`RoutingTable`]s with the same subscriptions. The second table also
/// holds a crowd of other keys, because a table with few keys does not ask its tree.
pub(super) struct TreeUnderTest {
    tree: BindingTree<String>,
    quiet: RoutingTable<Recipient>,
    crowded: RoutingTable<Recipient>,
    peers: BTreeMap<String, Known>,
}

/// What a table hands out: `None` is one of the crowd.
type Recipient = Option<(String, Endpoint)>;

struct Known {
    id: PeerId,
    endpoint: Endpoint,
    keys: BTreeSet<BindingKey>,
}

impl TreeUnderTest {
    pub(super) fn new() -> Result<Self, String> {
        let crowded = RoutingTable::new();
        let peer = PeerId::new("Crowd.0").map_err(|e| e.to_string())?;
        // The first part is no text a vector would use.
        let keys = (0..CROWD).map(|n| BindingKey::parse(&format!("crowd\u{1}.*.{n}")));
        let keys: Vec<_> = keys.collect::<Result<_, _>>().map_err(|e| e.to_string())?;
        crowded.set(&peer, None, TYPE, &keys);
        Ok(Self {
            tree: BindingTree::new(),
            quiet: RoutingTable::new(),
            crowded,
            peers: BTreeMap::new(),
        })
    }

    /// Adds a key; the address is the peer's from now on.
    pub(super) fn add(
        &mut self,
        peer: &str,
        key: &BindingKey,
        endpoint: Endpoint,
    ) -> Result<(), String> {
        self.tree.add(peer.to_owned(), key);
        self.change(peer, |known| {
            known.keys.insert(key.clone());
            known.endpoint = endpoint;
        })
    }

    /// Removes a key.
    pub(super) fn remove(&mut self, peer: &str, key: &BindingKey) -> Result<(), String> {
        self.tree.remove(&peer.to_owned(), key);
        self.change(peer, |known| {
            known.keys.remove(key);
        })
    }

    /// Whether nothing is stored; the two must agree.
    pub(super) fn is_empty(&self) -> Result<bool, String> {
        match (self.tree.is_empty(), self.quiet.is_empty()) {
            (tree, table) if tree == table => Ok(tree),
            (tree, table) => Err(format!("is_empty: the tree says {tree}, the table {table}")),
        }
    }

    /// Who wants the message, with addresses; all must agree, and nobody may come twice.
    pub(super) fn lookup(
        &self,
        message: &RoutingKey,
    ) -> Result<BTreeMap<String, Endpoint>, String> {
        let mut from_tree = Vec::new();
        self.tree.lookup(message, &mut from_tree);
        let found = routed(&self.quiet, message)?;
        let crowded = routed(&self.crowded, message)?;
        let names: Vec<_> = found.keys().cloned().collect();
        if names != from_tree || found != crowded {
            return Err(format!(
                "the tree finds {from_tree:?}, the table {found:?}, the crowded table {crowded:?}"
            ));
        }
        Ok(found)
    }

    fn change(&mut self, peer: &str, change: impl FnOnce(&mut Known)) -> Result<(), String> {
        // Vectors name peers by any text; a real id has an alphabet.
        let id = PeerId::new(&format!("Peer.{}", self.peers.len())).map_err(|e| e.to_string())?;
        let known = self.peers.entry(peer.to_owned()).or_insert(Known {
            id,
            endpoint: None,
            keys: BTreeSet::new(),
        });
        change(known);
        let keys: Vec<_> = known.keys.iter().cloned().collect();
        for table in [&self.quiet, &self.crowded] {
            let recipient = Some((peer.to_owned(), known.endpoint.clone()));
            table.set(&known.id, recipient, TYPE, &keys);
        }
        Ok(())
    }
}

fn routed(
    table: &RoutingTable<Recipient>,
    message: &RoutingKey,
) -> Result<BTreeMap<String, Endpoint>, String> {
    let mut out = Vec::new();
    table.route(TYPE, message, &mut out);
    let mut found = BTreeMap::new();
    for (peer, endpoint) in out.into_iter().flatten() {
        if found.insert(peer.clone(), endpoint).is_some() {
            return Err(format!("the table gives {peer} twice"));
        }
    }
    Ok(found)
}
