//! However snapshots and changes reach a view, it ends where the directory is, and whoever hears
//! its events ends there too.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::samples::{any_state, any_update, descriptor, peer_id, revision};
use super::*;
use crate::id::{ClusterId, Incarnation, PeerId, Revision};

type Peers = BTreeMap<PeerId, Arc<PeerDescriptor>>;

/// What a directory went through: `states[n]` is what it held after the first `n` changes.
#[derive(Debug, Clone)]
struct History {
    states: Vec<(Revision, Peers)>,
    changes: Vec<Change>,
}

/// Something that happens to one of a few peers.
#[derive(Debug, Clone)]
enum Event {
    Restart,
    Redescribe,
    Subscribe(SubscriptionUpdate),
    State(PeerState),
    Leave,
}

impl History {
    fn of(events: Vec<(usize, Event, bool)>) -> Self {
        let mut history = Self {
            states: vec![(revision(0, 0), Peers::new())],
            changes: Vec::new(),
        };
        for (number, event, same_command) in events {
            history.add(number, event, same_command);
        }
        history
    }

    fn add(&mut self, number: usize, event: Event, same_command: bool) {
        let (previous, mut peers) = self.states.last().unwrap().clone();
        let now = match same_command && previous.index > 0 {
            true => revision(previous.index, previous.sub + 1),
            false => revision(previous.index + 2, 0),
        };
        let peer = peer_id(number);
        let kind = match peers.get(&peer).cloned() {
            None => register(&mut peers, descriptor(number, now.index, now)),
            Some(known) => next(&mut peers, PeerDescriptor::clone(&known), event, now),
        };
        self.states.push((now, peers));
        self.changes.push(Change {
            revision: now,
            previous,
            kind,
        });
    }

    fn snapshot(&self, at: usize) -> Snapshot {
        let (revision, peers) = &self.states[at];
        Snapshot {
            revision: *revision,
            peers: peers.values().cloned().collect(),
        }
    }

    fn at(&self, revision: Revision) -> &Peers {
        let state = self.states.iter().find(|(at, _)| *at == revision);
        &state.expect("a view holds what the directory once held").1
    }

    /// The same, of another directory.
    fn elsewhere(mut self) -> Self {
        let cluster = ClusterId(99);
        let there = |at: Revision| Revision { cluster, ..at };
        for (at, peers) in &mut self.states {
            *at = there(*at);
            for known in peers.values_mut() {
                let known = Arc::make_mut(known);
                known.revision = there(known.revision);
            }
        }
        self
    }
}

fn register(peers: &mut Peers, descriptor: PeerDescriptor) -> ChangeKind {
    let descriptor = Arc::new(descriptor);
    peers.insert(descriptor.peer.clone(), descriptor.clone());
    ChangeKind::Registered(descriptor)
}

fn next(peers: &mut Peers, mut known: PeerDescriptor, event: Event, at: Revision) -> ChangeKind {
    let (peer, incarnation) = (known.peer.clone(), known.incarnation);
    known.revision = at;
    let kind = match event {
        Event::Restart => {
            known.incarnation = Incarnation(at.index * 100 + u64::from(at.sub));
            return register(peers, known);
        }
        Event::Redescribe => {
            known.address = format!("192.0.2.{}:7000", at.index);
            known.state = PeerState::Up;
            return register(peers, known);
        }
        Event::Leave => {
            peers.remove(&peer);
            return ChangeKind::Removed { peer, incarnation };
        }
        Event::Subscribe(types) => {
            known.subscriptions.apply(&types);
            ChangeKind::SubscriptionsChanged {
                peer: peer.clone(),
                incarnation,
                types,
            }
        }
        Event::State(state) => {
            known.state = state;
            ChangeKind::StateChanged {
                peer: peer.clone(),
                incarnation,
                state,
            }
        }
    };
    peers.insert(peer, Arc::new(known));
    kind
}

fn any_history() -> impl Strategy<Value = History> {
    let event = prop_oneof![
        Just(Event::Restart),
        Just(Event::Redescribe),
        any_update().prop_map(Event::Subscribe),
        any_state().prop_map(Event::State),
        Just(Event::Leave),
    ];
    vec((0..4_usize, event, any::<bool>()), 1..40).prop_map(History::of)
}

/// What the network hands to the view: a change or a snapshot, any of them at any time.
#[derive(Debug, Clone)]
enum Delivery {
    Next,
    AnyChange(Index),
    Snapshot(Index),
}

fn any_delivery() -> impl Strategy<Value = Delivery> {
    prop_oneof![
        6 => Just(Delivery::Next),
        2 => any::<Index>().prop_map(Delivery::AnyChange),
        1 => any::<Index>().prop_map(Delivery::Snapshot),
    ]
}

/// A view, and what somebody holds who only hears its events.
#[derive(Debug, Default)]
struct Listened {
    view: PeerView,
    heard: Peers,
}

impl Listened {
    fn take(&mut self, history: &History, delivery: &Delivery) {
        let held = self.view.revision();
        match delivery {
            Delivery::Next => {
                let next = history
                    .changes
                    .iter()
                    .find(|change| change.previous == held);
                if let Some(change) = next {
                    let events = self.view.apply(change).expect("the next change applies");
                    self.hear(events);
                }
            }
            Delivery::AnyChange(index) => {
                let change = index.get(&history.changes);
                match self.view.apply(change) {
                    Ok(events) => self.hear(events),
                    Err(Gap::Missing { held: from }) => {
                        assert_eq!(from, held);
                        assert!(change.previous > held, "{} is not missing", change.revision);
                        assert_eq!(self.view.revision(), held, "a refused change did something");
                    }
                    Err(Gap::Foreign { .. }) => assert_ne!(change.revision.cluster, held.cluster),
                }
            }
            Delivery::Snapshot(index) => {
                let events = self
                    .view
                    .apply_snapshot(history.snapshot(index.index(history.states.len())));
                self.hear(events);
            }
        }
        let now = self.view.revision();
        assert!(
            held.cluster != now.cluster || now >= held,
            "the view went back"
        );
        self.check(history);
    }

    fn hear(&mut self, events: Vec<ViewEvent>) {
        for event in events {
            let now = event.descriptor().clone();
            let known = self.heard.get(&now.peer);
            match &event {
                ViewEvent::Appeared(_) => assert_eq!(known, None),
                ViewEvent::Removed(last) => assert!(known.unwrap().says_the_same(last)),
                ViewEvent::Restarted { before, now } => {
                    assert!(known.unwrap().says_the_same(before));
                    assert_ne!(before.incarnation, now.incarnation);
                }
                ViewEvent::Updated { before, now } => {
                    assert!(known.unwrap().says_the_same(before));
                    assert_eq!(before.state, now.state);
                    assert_eq!(before.incarnation, now.incarnation);
                }
                ViewEvent::StateChanged { before, now } => {
                    assert!(known.unwrap().says_the_same(before));
                    assert_ne!(before.state, now.state);
                    assert_eq!(before.subscriptions, now.subscriptions);
                }
            }
            match event {
                ViewEvent::Removed(_) => self.heard.remove(&now.peer),
                _ => self.heard.insert(now.peer.clone(), now),
            };
        }
    }

    fn check(&self, history: &History) {
        let held = self.view.revision();
        if held.cluster == history.states[0].0.cluster {
            let peers: Peers = self
                .view
                .iter()
                .map(|d| (d.peer.clone(), d.clone()))
                .collect();
            assert_eq!(&peers, history.at(held));
        }
        assert_eq!(self.heard.len(), self.view.len());
        for known in self.view.iter() {
            assert!(self.heard[&known.peer].says_the_same(known));
            assert_eq!(self.view.get(&known.peer), Some(known));
        }
    }
}

proptest! {
    #[test]
    fn whatever_reaches_a_view_it_holds_what_the_directory_held_and_its_events_say_so(
        history in any_history(), deliveries in vec(any_delivery(), 0..60), start: Index,
    ) {
        let mut listened = Listened::default();
        for delivery in &deliveries {
            listened.take(&history, delivery);
        }
        // Nothing is lost from now on.
        listened.take(&history, &Delivery::Snapshot(start));
        for _ in &history.changes {
            listened.take(&history, &Delivery::Next);
        }
        prop_assert_eq!(listened.view.revision(), history.states.last().unwrap().0);
    }

    #[test]
    fn a_new_directory_replaces_whom_it_names_and_the_others_stay_until_they_are_forgotten(
        old in any_history(), new in any_history(), at: Index,
    ) {
        let new = new.elsewhere();
        let mut listened = Listened::default();
        let whole = old.snapshot(old.states.len() - 1);
        let events = listened.view.apply_snapshot(whole.clone());
        listened.hear(events);
        let refused = listened.view.apply(&Change {
            revision: new.states[1].0,
            previous: new.states[0].0,
            kind: new.changes[0].kind.clone(),
        });
        let foreign = matches!(refused, Err(Gap::Foreign { .. }));
        prop_assert!(foreign);

        let snapshot = new.snapshot(at.index(new.states.len()));
        let named: Vec<_> = snapshot.peers.iter().map(|known| known.peer.clone()).collect();
        let events = listened.view.apply_snapshot(snapshot.clone());
        let removed = events.iter().any(|event| matches!(event, ViewEvent::Removed(_)));
        prop_assert!(!removed);
        listened.hear(events);
        let expected = whole.peers.iter().map(|known| &known.peer);
        prop_assert!(listened.view.carried_over().eq(expected.filter(|p| !named.contains(p))));

        let events = listened.view.forget_carried_over();
        listened.hear(events);
        prop_assert!(listened.view.iter().eq(snapshot.peers.iter()));
        prop_assert_eq!(listened.heard.len(), snapshot.peers.len());
        prop_assert_eq!(listened.view.carried_over().count(), 0);
    }
}
