//! The local replica of the directory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::change::{Change, ChangeKind};
use super::peer_descriptor::PeerDescriptor;
use super::snapshot::Snapshot;
use super::subscriptions::Subscriptions;
use super::view_event::ViewEvent;
use crate::id::{Incarnation, PeerId, Revision};

/// A peer's own replica of the directory: a plain function of the snapshots and changes handed in.
///
/// It never goes back: what is older than what it holds is ignored, what does not follow on what
/// it holds is refused with a [`Gap`] and changes nothing.
///
/// A snapshot of another cluster (the directory lost its state and began anew) replaces what it
/// names, but peers it does not name are *carried over*: they most likely live and have not
/// registered again yet, and forgetting them would end their sessions (promise 29).
/// [`forget_carried_over`](Self::forget_carried_over) ends that grace.
#[derive(Debug, Clone, Default)]
pub struct PeerView {
    revision: Revision,
    peers: BTreeMap<PeerId, Arc<PeerDescriptor>>,
    carried_over: BTreeSet<PeerId>,
}

/// A change does not follow on what the view holds; nothing was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Gap {
    /// Changes between the two are missing: resume from what is held.
    #[error("changes after revision {held} are missing; resume from there")]
    Missing {
        /// What the view holds.
        held: Revision,
    },
    /// The change counts another directory's state, or contradicts what is held: only a snapshot
    /// helps.
    #[error("the change at {revision} does not belong to what is held; ask for a snapshot")]
    Foreign {
        /// The change's revision.
        revision: Revision,
    },
}

impl PeerView {
    /// What the view holds: all changes up to here.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The peer with this name.
    pub fn get(&self, peer: &PeerId) -> Option<&Arc<PeerDescriptor>> {
        self.peers.get(peer)
    }

    /// All peers, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<PeerDescriptor>> {
        self.peers.values()
    }

    /// How many peers are known.
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Whether nobody is known.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// Replaces what is held by the snapshot and tells the difference. An older snapshot of the
    /// same cluster is ignored.
    pub fn apply_snapshot(&mut self, snapshot: Snapshot) -> Vec<ViewEvent> {
        let same_cluster = snapshot.revision.cluster == self.revision.cluster;
        if same_cluster && snapshot.revision < self.revision {
            return Vec::new();
        }
        let named: BTreeMap<_, _> = snapshot
            .peers
            .into_iter()
            .map(|descriptor| (descriptor.peer.clone(), descriptor))
            .collect();
        let missing = self.peers.keys().filter(|peer| !named.contains_key(*peer));
        let mut missing: BTreeSet<PeerId> = missing.cloned().collect();
        if !same_cluster {
            self.carried_over = std::mem::take(&mut missing);
        }
        missing.retain(|peer| !self.carried_over.contains(peer));

        let mut events = Vec::new();
        for peer in missing {
            self.remove(&peer, &mut events);
        }
        for descriptor in named.into_values() {
            self.put(descriptor, &mut events);
        }
        self.revision = snapshot.revision;
        events
    }

    /// Applies one change and tells what it did. A change that is already in what is held does
    /// nothing.
    pub fn apply(&mut self, change: &Change) -> Result<Vec<ViewEvent>, Gap> {
        let foreign = Gap::Foreign {
            revision: change.revision,
        };
        if change.revision.cluster != self.revision.cluster {
            return Err(foreign);
        }
        if change.revision <= self.revision {
            return Ok(Vec::new());
        }
        if change.previous != self.revision {
            let held = self.revision;
            return Err(Gap::Missing { held });
        }
        let mut events = Vec::new();
        match &change.kind {
            ChangeKind::Registered(descriptor) => self.put(descriptor.clone(), &mut events),
            ChangeKind::Removed { peer, incarnation } => {
                self.run(peer, *incarnation).ok_or(foreign)?;
                self.remove(peer, &mut events);
            }
            ChangeKind::StateChanged {
                peer,
                incarnation,
                state,
            } => {
                let mut now = self.run(peer, *incarnation).ok_or(foreign)?;
                (now.state, now.revision) = (*state, change.revision);
                self.put(Arc::new(now), &mut events);
            }
            ChangeKind::SubscriptionsChanged {
                peer,
                incarnation,
                types,
            } => {
                let mut now = self.run(peer, *incarnation).ok_or(foreign)?;
                Subscriptions::apply(&mut now.subscriptions, types);
                now.revision = change.revision;
                self.put(Arc::new(now), &mut events);
            }
        }
        self.revision = change.revision;
        Ok(events)
    }

    /// The peers that are only known from a directory state that is gone.
    pub fn carried_over(&self) -> impl Iterator<Item = &PeerId> {
        self.carried_over.iter()
    }

    /// Forgets those that have not registered with the new directory state. To be called when
    /// every living peer has had time to do so.
    pub fn forget_carried_over(&mut self) -> Vec<ViewEvent> {
        let mut events = Vec::new();
        for peer in std::mem::take(&mut self.carried_over) {
            self.remove(&peer, &mut events);
        }
        events
    }

    /// A copy of the descriptor, if exactly this run is known by the present directory state.
    fn run(&self, peer: &PeerId, incarnation: Incarnation) -> Option<PeerDescriptor> {
        let known = self.peers.get(peer)?;
        let current = known.incarnation == incarnation && !self.carried_over.contains(peer);
        current.then(|| PeerDescriptor::clone(known))
    }

    fn remove(&mut self, peer: &PeerId, events: &mut Vec<ViewEvent>) {
        self.carried_over.remove(peer);
        events.extend(self.peers.remove(peer).map(ViewEvent::Removed));
    }

    fn put(&mut self, now: Arc<PeerDescriptor>, events: &mut Vec<ViewEvent>) {
        self.carried_over.remove(&now.peer);
        match self.peers.insert(now.peer.clone(), now.clone()) {
            None => events.push(ViewEvent::Appeared(now)),
            Some(before) if before.incarnation != now.incarnation => {
                events.push(ViewEvent::Restarted { before, now });
            }
            Some(before) => difference(before, now, events),
        }
    }
}

/// Tells apart what a description and what a state can change, so that whoever only cares for one
/// of them need not compare.
fn difference(before: Arc<PeerDescriptor>, now: Arc<PeerDescriptor>, events: &mut Vec<ViewEvent>) {
    if before.state == now.state {
        if !before.says_the_same_but_state(&now) {
            events.push(ViewEvent::Updated { before, now });
        }
        return;
    }
    if before.says_the_same_but_state(&now) {
        events.push(ViewEvent::StateChanged { before, now });
        return;
    }
    let described = Arc::new(PeerDescriptor {
        state: before.state,
        ..PeerDescriptor::clone(&now)
    });
    events.push(ViewEvent::Updated {
        before,
        now: described.clone(),
    });
    events.push(ViewEvent::StateChanged {
        before: described,
        now,
    });
}
