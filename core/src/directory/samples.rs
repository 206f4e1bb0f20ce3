//! Anything that can be said about peers, for the properties of this floor.

use std::sync::Arc;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::{Change, ChangeKind, PeerDescriptor, PeerState, SubscriptionUpdate, Subscriptions};
use crate::binding::BindingKey;
use crate::id::{ClusterId, Identity, Incarnation, Name, PeerId, Revision};

/// The cluster of all samples.
pub(super) const CLUSTER: ClusterId = ClusterId(0xc1_0000_0000_0000_0001);

pub(super) fn peer_id(number: usize) -> PeerId {
    PeerId::new(&format!("Shop.{number}")).unwrap()
}

pub(super) fn key(text: &str) -> BindingKey {
    BindingKey::parse(text).unwrap()
}

pub(super) fn revision(index: u64, sub: u32) -> Revision {
    Revision {
        cluster: CLUSTER,
        index,
        sub,
    }
}

/// A peer that is up and wants nothing.
pub(super) fn descriptor(number: usize, incarnation: u64, at: Revision) -> PeerDescriptor {
    let peer = peer_id(number);
    PeerDescriptor {
        identity: Identity::Peer(peer.clone()),
        peer,
        incarnation: Incarnation(incarnation),
        start_id: u128::from(incarnation) << 70 | 5,
        address: "192.0.2.1:7000".into(),
        state: PeerState::Up,
        subscriptions: Subscriptions::default(),
        durable: false,
        revision: at,
    }
}

pub(super) fn any_state() -> impl Strategy<Value = PeerState> {
    prop_oneof![
        Just(PeerState::Up),
        Just(PeerState::Silent),
        Just(PeerState::Draining),
        Just(PeerState::Down),
    ]
}

/// Changes of few types, so that they meet; a type may lose all its keys.
pub(super) fn any_update() -> impl Strategy<Value = SubscriptionUpdate> {
    let keys = vec(
        prop_oneof!["[a-c]{0,3}", "[a-c]\\.\\*", Just("#".into())],
        0..4,
    );
    btree_map("T\\.[a-d]", keys, 0..4).prop_map(|types| {
        let mut update = SubscriptionUpdate::default();
        for (name, keys) in types {
            update.set(&name, keys.iter().map(|text| key(text)));
        }
        update
    })
}

pub(super) fn any_subscriptions() -> impl Strategy<Value = Subscriptions> {
    any_update().prop_map(|update| {
        let mut subscriptions = Subscriptions::default();
        subscriptions.apply(&update);
        subscriptions
    })
}

pub(super) fn any_identity() -> impl Strategy<Value = Identity> {
    let peer = || Just(peer_id(1));
    let name = || Just(Name::new("Shop").unwrap());
    prop_oneof![
        peer().prop_map(Identity::Peer),
        name().prop_map(Identity::Service),
        peer().prop_map(Identity::Directory),
        name().prop_map(Identity::Operator),
        name().prop_map(Identity::Admin),
    ]
}

pub(super) fn any_descriptor() -> impl Strategy<Value = PeerDescriptor> {
    let numbers = (0..4_usize, 1..u64::MAX, any::<u128>(), any::<bool>());
    let rest = (any_identity(), any_state(), any_subscriptions(), 0..9_u64);
    (numbers, rest).prop_map(|(numbers, (identity, state, subscriptions, index))| {
        let (number, incarnation, start_id, durable) = numbers;
        PeerDescriptor {
            start_id,
            durable,
            identity,
            state,
            subscriptions,
            ..descriptor(number, incarnation, revision(index, 0))
        }
    })
}

pub(super) fn any_change() -> impl Strategy<Value = Change> {
    let of_run = (1..u64::MAX).prop_map(Incarnation);
    let kind = (any_descriptor(), of_run, any_update(), any_state(), 0..4).prop_map(
        |(descriptor, incarnation, types, state, kind)| {
            let peer = descriptor.peer.clone();
            match kind {
                0 => ChangeKind::Registered(Arc::new(descriptor)),
                1 => ChangeKind::SubscriptionsChanged {
                    peer,
                    incarnation,
                    types,
                },
                2 => ChangeKind::StateChanged {
                    peer,
                    incarnation,
                    state,
                },
                _ => ChangeKind::Removed { peer, incarnation },
            }
        },
    );
    (kind, 0..100_u64, any::<u32>(), 0..100_u64).prop_map(|(kind, from, sub, step)| Change {
        revision: match step {
            0 => revision(from, sub / 2 + 1),
            step => revision(from + step, sub / 2),
        },
        previous: revision(from, if step == 0 { sub / 2 } else { sub }),
        kind,
    })
}
