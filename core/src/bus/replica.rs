//! This process's replica of the directory, and what follows from each of its changes: routes,
//! sessions, events.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::Instant;

use super::bell::{Knell, Listener};
use super::known_peer::KnownPeer;
use super::peer_event::PeerEvents;
use super::recipient::Recipient;
use crate::binding::BindingKey;
use crate::directory::contract::SnapshotPart;
use crate::directory::{
    Change, Gap, PeerDescriptor, PeerList, PeerState, PeerView, Snapshot, SnapshotAssembly,
    Unreadable, ViewEvent,
};
use crate::id::{PeerId, Revision};
use crate::peers::{Consequences, Exchange, Peer, Peers, Standing};
use crate::routing::{RouteChange, RoutingTable};

/// A peer is new for so long: by then it has linked with whom it has something for, even through
/// 30 % loss, where the slowest first link measured took 12 s.
const NEW: Duration = Duration::from_secs(30);

/// Peers that another directory's first snapshot does not name are kept this long: they may still
/// be registering there.
const CARRIED_OVER: Duration = Duration::from_secs(30);

/// The replica, and the routes made of it.
pub(super) struct Replica {
    me: PeerId,
    peers: Arc<Peers>,
    routes: RoutingTable<Recipient>,
    lists: Mutex<Lists>,
    state: Mutex<State>,
    /// Rung once it is unlocked again, and when there is nobody any more who sends.
    news: Knell,
}

/// Lists of recipients that every message of a type gets, while the routes are of this version.
#[derive(Default)]
struct Lists {
    version: u64,
    by_type: HashMap<&'static str, Arc<Vec<Recipient>>>,
}

#[derive(Default)]
struct State {
    view: PeerView,
    assembly: SnapshotAssembly,
    /// Peers that were removed while something still went on with them (R1).
    leaving: Vec<PeerId>,
    /// When the present run of each of the others was first seen.
    appeared: HashMap<PeerId, Instant>,
    /// Since when the present cluster has been there without a break.
    began: Option<Instant>,
    /// Until the bus has stopped. What is sent is in the order of the changes.
    events: Option<broadcast::Sender<ViewEvent>>,
}

/// What a change of the state leaves to be done once that is unlocked. All of it may run code of
/// users, which may ask this bus for anything.
#[derive(Default)]
struct Learnt {
    /// Whether there is anything to be found that was not there before.
    news: bool,
    consequences: Vec<Consequences>,
    /// Peers for which there is no room.
    left_out: Vec<PeerId>,
}

impl Replica {
    pub(super) fn new(me: PeerId, peers: Arc<Peers>) -> Self {
        Self {
            me,
            peers,
            routes: RoutingTable::new(),
            lists: Mutex::default(),
            state: Mutex::new(State {
                events: Some(broadcast::channel(PeerEvents::WAITING).0),
                ..State::default()
            }),
            news: Knell::default(),
        }
    }

    pub(super) fn routes(&self) -> &RoutingTable<Recipient> {
        &self.routes
    }

    /// Keeps who gets every message of a type, for as long as the routes are of this version.
    pub(super) fn keep(
        &self,
        version: u64,
        type_name: &'static str,
        recipients: impl Iterator<Item = Recipient>,
    ) -> Arc<Vec<Recipient>> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.version != version {
            lists.version = version;
            lists.by_type.clear();
        }
        let list = Arc::new(recipients.collect());
        lists.by_type.insert(type_name, Arc::clone(&list));
        list
    }

    /// What this process itself wants of a type.
    pub(super) fn set_own(&self, type_name: &str, keys: &[BindingKey]) {
        self.routes.set(&self.me, Recipient::Here, type_name, keys);
    }

    pub(super) fn revision(&self) -> Revision {
        self.lock().view.revision()
    }

    /// Waits until the replica holds `revision` (of the same cluster) or a later one.
    pub(super) async fn reaches(&self, revision: Revision) {
        let mut listener = Listener::new(&self.news.0);
        let reached = || {
            let held = self.revision();
            (held.cluster == revision.cluster && held >= revision).then_some(())
        };
        std::future::poll_fn(|context| listener.poll(context, &reached)).await;
    }

    pub(super) fn known_peers(&self) -> Vec<KnownPeer> {
        let descriptors: Vec<_> = self.lock().view.iter().cloned().collect();
        let known = |descriptor: Arc<PeerDescriptor>| KnownPeer {
            exchange: self
                .peers
                .get(&descriptor.peer)
                .map_or_else(Exchange::default, |peer| peer.exchange()),
            descriptor,
        };
        descriptors.into_iter().map(known).collect()
    }

    /// Who drains and has something coming from here that it has not acknowledged.
    pub(super) fn owing(&self) -> PeerList {
        let state = self.lock();
        let draining = state
            .view
            .iter()
            .filter(|it| it.state == PeerState::Draining);
        let has_messages = |peer: &PeerId| {
            let known = self.peers.get(peer);
            known.is_some_and(|known| known.lanes().has_messages())
        };
        draining
            .map(|descriptor| &descriptor.peer)
            .filter(|peer| has_messages(peer))
            .cloned()
            .collect()
    }

    /// Whether a peer's run has only just begun.
    pub(super) fn has_appeared_lately(&self, peer: &PeerId) -> bool {
        let state = self.lock();
        let appeared = state.appeared.get(peer);
        appeared.is_some_and(|appeared| appeared.elapsed() < NEW)
    }

    pub(super) fn events(&self) -> PeerEvents {
        let events = self
            .lock()
            .events
            .as_ref()
            .map(broadcast::Sender::subscribe);
        // Of a bus that has stopped it is at its end.
        let events = events.unwrap_or_else(|| broadcast::channel(1).1);
        PeerEvents::new(events, Listener::new(&self.news.0))
    }

    /// The bus has stopped: whoever listens hears that nothing more comes.
    pub(super) fn end(&self) {
        self.lock().events = None;
        self.news.0.ring();
    }

    /// Takes one part of a snapshot.
    pub(super) fn add_part(&self, part: &SnapshotPart) -> Result<Revision, Unreadable> {
        self.change(|state, learnt| {
            if let Some(snapshot) = state.assembly.add(part)? {
                self.install(state, snapshot, learnt);
            }
            Ok(state.view.revision())
        })
    }

    /// Takes a whole snapshot.
    pub(super) fn apply_snapshot(&self, snapshot: Snapshot) {
        self.change(|state, learnt| self.install(state, snapshot, learnt));
    }

    /// Takes a change; a gap changes nothing.
    pub(super) fn apply(&self, change: &Change) -> Result<(), Gap> {
        self.change(|state, learnt| {
            let events = state.view.apply(change)?;
            self.learn(state, events, learnt);
            Ok(())
        })
    }

    /// Who is only known from a directory's state that is gone.
    pub(super) fn carried_over(&self) -> Vec<PeerId> {
        self.lock().view.carried_over().cloned().collect()
    }

    /// This process is heard by its directory again. While that was away nobody could register
    /// there, so everybody who has not has as long as at its beginning.
    pub(super) fn is_heard_again(&self) {
        self.lock().began = Some(Instant::now());
    }

    /// Gives up what the present cluster has not named for long enough (promise 29).
    pub(super) fn forget_carried_over(&self) {
        let is_over = |began: Instant| began.elapsed() >= CARRIED_OVER;
        self.change(|state, learnt| {
            let is_over = state.began.is_some_and(is_over);
            if is_over && state.view.carried_over().next().is_some() {
                let events = state.view.forget_carried_over();
                self.learn(state, events, learnt);
            }
        });
    }

    /// Forgets removed peers with which nothing goes on any more, and those that never were here.
    pub(super) fn sweep(&self) {
        self.change(|State { view, leaving, .. }, learnt| {
            let consequences = &mut learnt.consequences;
            leaving
                .retain(|peer| view.get(peer).is_none() && !self.peers.forget(peer, consequences));
            self.peers.forget_strangers(consequences);
        });
    }

    fn install(&self, state: &mut State, snapshot: Snapshot, learnt: &mut Learnt) {
        if snapshot.revision.cluster != state.view.revision().cluster {
            state.began = Some(Instant::now());
        }
        let events = state.view.apply_snapshot(snapshot);
        self.learn(state, events, learnt);
    }

    fn learn(&self, state: &mut State, events: Vec<ViewEvent>, learnt: &mut Learnt) {
        // The revision is, whatever else.
        learnt.news = true;
        for event in events {
            if *event.descriptor().peer.as_str() != *self.me.as_str() {
                self.follow(state, &event, learnt);
            }
            // Nobody listening is fine; who does is woken later.
            if let Some(events) = &state.events {
                let _ = events.send(event);
            }
        }
    }

    /// Moves routes and sessions by what the view has learned about another peer.
    fn follow(&self, state: &mut State, event: &ViewEvent, learnt: &mut Learnt) {
        let now = event.descriptor();
        let consequences = &mut learnt.consequences;
        if let ViewEvent::Removed(_) = event {
            self.routes.remove_peer(&now.peer);
            state.appeared.remove(&now.peer);
            if let Some(peer) = self.peers.get(&now.peer) {
                consequences.extend(peer.set_standing(Standing::Down));
                state.leaving.push(now.peer.clone());
            }
            return;
        }
        let Some(peer) = self.peers.get_or_create(&now.peer) else {
            learnt.left_out.push(now.peer.clone());
            return;
        };
        // A directory on all of a machine's addresses names none of them; its link shows one.
        if !now.address.is_empty() {
            peer.set_address(&now.address);
        }
        if let ViewEvent::Appeared(_) | ViewEvent::Restarted { .. } = event {
            state.appeared.insert(now.peer.clone(), Instant::now());
            consequences.extend(peer.show(now.incarnation));
        }
        consequences.extend(peer.set_standing(standing(now.state)));
        self.route(&peer, event);
    }

    fn route(&self, peer: &Arc<Peer>, event: &ViewEvent) {
        let now = event.descriptor();
        let recipient = Recipient::Peer(peer.clone());
        // Only what differs, also between two runs: what both want is wanted all the time, and a
        // message that is routed meanwhile must find it.
        let update = match event {
            ViewEvent::Updated { before, .. }
            | ViewEvent::StateChanged { before, .. }
            | ViewEvent::Restarted { before, .. } => now.subscriptions.since(&before.subscriptions),
            ViewEvent::Appeared(_) | ViewEvent::Removed(_) => {
                now.subscriptions.since(&Default::default())
            }
        };
        self.routes
            .apply(update.iter().map(|(type_name, keys)| RouteChange {
                peer: &now.peer,
                recipient: recipient.clone(),
                type_name,
                keys,
            }));
    }

    /// Changes the state, and does what follows once that is unlocked again.
    fn change<T>(&self, change: impl FnOnce(&mut State, &mut Learnt) -> T) -> T {
        let mut learnt = Learnt::default();
        let changed = change(&mut self.lock(), &mut learnt);
        if learnt.news {
            self.news.0.ring();
        }
        let consequences = learnt.consequences.into_iter();
        consequences.for_each(Consequences::perform);
        for peer in learnt.left_out {
            tracing::warn!(%peer, "too many peers are known; this one is left out");
        }
        changed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn standing(state: PeerState) -> Standing {
    match state {
        PeerState::Up => Standing::Up,
        PeerState::Silent => Standing::Silent,
        PeerState::Draining => Standing::Draining,
        PeerState::Down => Standing::Down,
    }
}
