//! What peers and directory servers tell each other, and the lists inside.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;

use super::decoder::Decoder;
use super::format::Format;
use super::samples::{CLUSTER, descriptor, key, revision, short_names, subscriptions};
use crate::binding::BindingKey;
use crate::directory::contract::{
    Attach, Attachment, Changes, Register, Registration, SnapshotPart, UpdateSubscriptions,
};
use crate::directory::{
    Change, ChangeKind, Interest, PeerDescriptor, PeerState, Snapshot, SnapshotAssembly,
    SubscriptionUpdate, Subscriptions,
};
use crate::id::{Incarnation, Revision};
use crate::message::{Codec, Prost};
use crate::wire::{put_bytes, put_str, put_varint};

pub(super) fn decoders() -> Vec<Decoder> {
    vec![
        Decoder::of::<SubscriptionBytes>(),
        Decoder::of::<UpdateBytes>(),
        Decoder::of::<InterestBytes>(),
        Decoder::of::<DescriptorBytes>(),
        Decoder::of::<ChangeBytes>(),
        Decoder::of::<RegisterBytes>(),
        Decoder::of::<AttachBytes>(),
        Decoder::of::<UpdateCommand>(),
        Decoder::of::<SnapshotBytes>(),
        Decoder::of::<ChangesBytes>(),
    ]
}

/// What lists of types may take. A type with a key takes five bytes on the wire; in memory its
/// name, its list and its key are shared and counted each, and have a place in a sorted map.
const LISTS: u64 = 32;

/// All that a peer wants.
struct SubscriptionBytes;

impl Format for SubscriptionBytes {
    type Value = Subscriptions;
    const NAME: &'static str = "directory/subscriptions";
    const FACTOR: u64 = LISTS;

    fn decode(bytes: &Bytes) -> Option<Subscriptions> {
        Subscriptions::decode(bytes).ok()
    }

    fn encode(subscriptions: &Subscriptions) -> Vec<u8> {
        subscriptions.encode().into()
    }

    fn samples() -> Vec<Vec<u8>> {
        [Subscriptions::default(), subscriptions()]
            .iter()
            .map(Self::encode)
            .collect()
    }

    fn densest() -> Vec<Vec<u8>> {
        dense_lists()
    }
}

/// A change of what a peer wants.
struct UpdateBytes;

impl Format for UpdateBytes {
    type Value = SubscriptionUpdate;
    const NAME: &'static str = "directory/subscription-update";
    const FACTOR: u64 = LISTS;

    fn decode(bytes: &Bytes) -> Option<SubscriptionUpdate> {
        SubscriptionUpdate::decode(bytes).ok()
    }

    fn encode(update: &SubscriptionUpdate) -> Vec<u8> {
        update.encode().into()
    }

    fn samples() -> Vec<Vec<u8>> {
        vec![Self::encode(&update())]
    }

    fn densest() -> Vec<Vec<u8>> {
        dense_lists()
    }
}

fn update() -> SubscriptionUpdate {
    let mut update = SubscriptionUpdate::default();
    update.set("Shop.Closed", ["fr.#", "*"].map(key));
    update.set("Shop.Opened", []);
    update
}

/// Many types with nothing in them, many types with one key, one type with many short keys.
fn dense_lists() -> Vec<Vec<u8>> {
    let types = |keys: &[u8]| {
        let names = short_names(Subscriptions::MAX_TYPES);
        let mut out = Vec::new();
        put_varint(&mut out, names.len() as u64);
        for name in names {
            put_str(&mut out, &name);
            out.extend_from_slice(keys);
        }
        out
    };
    let mut keys: Vec<BindingKey> = short_names(Subscriptions::MAX_KEYS)
        .iter()
        .map(|name| key(&name.replace(['.', '\\'], "-")))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let mut one = vec![1, 1, b'a'];
    put_varint(&mut one, keys.len() as u64);
    keys.iter().for_each(|key| key.encode(&mut one));
    vec![types(&[0]), types(&[1, 0]), types(&[2, 1, 2, 0]), one]
}

/// Which part of the directory a peer asks for.
struct InterestBytes;

impl Format for InterestBytes {
    type Value = Interest;
    const NAME: &'static str = "directory/interest";

    fn decode(bytes: &Bytes) -> Option<Interest> {
        Interest::decode(bytes).ok()
    }

    fn encode(interest: &Interest) -> Vec<u8> {
        interest.encode().into()
    }

    // Behind no bytes, a byte is an empty list and no trailing one.
    fn is_open(interest: &Interest) -> bool {
        *interest == Interest::All
    }

    fn samples() -> Vec<Vec<u8>> {
        [Interest::All, interest()]
            .iter()
            .map(Self::encode)
            .collect()
    }

    fn densest() -> Vec<Vec<u8>> {
        let names = short_names(Subscriptions::MAX_TYPES);
        let all = names.iter().map(|name| name.as_str().into());
        vec![Self::encode(&Interest::Types(all.collect()))]
    }
}

fn interest() -> Interest {
    Interest::Types(["Shop.Closed".into(), "Shop.PlaceOrder".into()].into())
}

/// What the directory knows about one peer.
struct DescriptorBytes;

impl Format for DescriptorBytes {
    type Value = PeerDescriptor;
    const NAME: &'static str = "directory/descriptor";
    const FACTOR: u64 = LISTS;

    fn decode(bytes: &Bytes) -> Option<PeerDescriptor> {
        PeerDescriptor::decode(CLUSTER, bytes).ok()
    }

    fn encode(descriptor: &PeerDescriptor) -> Vec<u8> {
        descriptor.encode()
    }

    fn samples() -> Vec<Vec<u8>> {
        vec![descriptor("Shop.0", revision(2, 0)).encode()]
    }
}

/// One change of the directory.
struct ChangeBytes;

impl Format for ChangeBytes {
    type Value = Change;
    const NAME: &'static str = "directory/change";
    const FACTOR: u64 = LISTS;

    fn decode(bytes: &Bytes) -> Option<Change> {
        Change::decode(CLUSTER, bytes).ok()
    }

    fn encode(change: &Change) -> Vec<u8> {
        change.encode().into()
    }

    fn samples() -> Vec<Vec<u8>> {
        changes().iter().map(Self::encode).collect()
    }
}

fn changes() -> Vec<Change> {
    let described = Arc::new(descriptor("Shop.0", revision(2, 0)));
    let (peer, incarnation) = (described.peer.clone(), described.incarnation);
    let kinds = [
        ChangeKind::Registered(described),
        ChangeKind::SubscriptionsChanged {
            peer: peer.clone(),
            incarnation,
            types: update(),
        },
        ChangeKind::StateChanged {
            peer: peer.clone(),
            incarnation,
            state: PeerState::Silent,
        },
        ChangeKind::Removed { peer, incarnation },
    ];
    let numbered = (2..).zip(kinds);
    numbered
        .map(|(index, kind)| Change {
            revision: revision(index, 0),
            previous: revision(index - 1, 0),
            kind,
        })
        .collect()
}

/// Reads a directory message as a handler's codec does.
fn message<M: Message + Default>(bytes: &[u8]) -> Option<M> {
    Prost::decode(bytes).ok()
}

/// A peer's registration: what a stranger with a certificate can say first.
struct RegisterBytes;

impl Format for RegisterBytes {
    type Value = Registration;
    const NAME: &'static str = "directory/register";
    const FACTOR: u64 = LISTS;

    fn decode(bytes: &Bytes) -> Option<Registration> {
        message::<Register>(bytes)?.read().ok()
    }

    fn encode(registration: &Registration) -> Vec<u8> {
        Register::from(registration).encode_to_vec()
    }

    fn samples() -> Vec<Vec<u8>> {
        let first = Registration {
            start_id: 7 << 64 | 5,
            address: "192.0.2.1:7000".into(),
            subscriptions: subscriptions(),
            seq: 0,
            resume: None,
            interest: Interest::All,
            durable: false,
        };
        let again = Registration {
            seq: 300,
            resume: Some(Incarnation(300)),
            interest: interest(),
            durable: true,
            ..first.clone()
        };
        [first, again].iter().map(Self::encode).collect()
    }
}

/// Asking to follow the directory.
struct AttachBytes;

impl Format for AttachBytes {
    type Value = Attachment;
    const NAME: &'static str = "directory/attach";

    fn decode(bytes: &Bytes) -> Option<Attachment> {
        message::<Attach>(bytes)?.read().ok()
    }

    fn encode(attachment: &Attachment) -> Vec<u8> {
        Attach::from(attachment).encode_to_vec()
    }

    fn samples() -> Vec<Vec<u8>> {
        let attachment = Attachment {
            incarnation: Incarnation(9),
            from: Some(revision(7, 3)),
            interest: interest(),
            owing: Default::default(),
        };
        vec![Self::encode(&attachment)]
    }
}

/// Wanting something else, as a command.
struct UpdateCommand;

impl Format for UpdateCommand {
    type Value = (Incarnation, u64, SubscriptionUpdate);
    const NAME: &'static str = "directory/update-subscriptions";
    const FACTOR: u64 = LISTS;

    fn decode(bytes: &Bytes) -> Option<Self::Value> {
        let command = message::<UpdateSubscriptions>(bytes)?;
        Some((command.incarnation(), command.seq(), command.read().ok()?))
    }

    fn encode((incarnation, seq, types): &Self::Value) -> Vec<u8> {
        UpdateSubscriptions::new(*incarnation, *seq, types).encode_to_vec()
    }

    fn samples() -> Vec<Vec<u8>> {
        vec![Self::encode(&(Incarnation(4), 1, update()))]
    }

    fn densest() -> Vec<Vec<u8>> {
        let updates = dense_lists().into_iter();
        let updates = updates.filter_map(|list| SubscriptionUpdate::decode(&list).ok());
        updates
            .map(|types| Self::encode(&(Incarnation(4), 1, types)))
            .collect()
    }
}

/// The only part of a snapshot.
struct SnapshotBytes;

impl Format for SnapshotBytes {
    type Value = Snapshot;
    const NAME: &'static str = "directory/snapshot";
    const FACTOR: u64 = LISTS;

    fn decode(bytes: &Bytes) -> Option<Snapshot> {
        let part = message::<SnapshotPart>(bytes)?;
        SnapshotAssembly::default().add(&part).ok().flatten()
    }

    fn encode(snapshot: &Snapshot) -> Vec<u8> {
        let parts = snapshot.parts(usize::MAX);
        parts
            .first()
            .map(Message::encode_to_vec)
            .unwrap_or_default()
    }

    fn samples() -> Vec<Vec<u8>> {
        let snapshot = |names: &[&str]| Snapshot {
            revision: revision(9, 0),
            peers: names
                .iter()
                .map(|name| Arc::new(descriptor(name, revision(2, 0))))
                .collect(),
        };
        [
            snapshot(&[]),
            snapshot(&["Shop.0", "Web.3", "Abc.Weather.12"]),
        ]
        .iter()
        .map(Self::encode)
        .collect()
    }

    /// Peers that are described by as few bytes as possible.
    fn densest() -> Vec<Vec<u8>> {
        let mut list = Vec::new();
        let scant = [
            &[0x0a, 3][..],
            b"A.0",
            &[0x10, 1, 0x30, 2, 0x3a, 1, b'a', 0x40, 1, 0x4a, 1, 0],
        ]
        .concat();
        (0..10_000).for_each(|_| put_bytes(&mut list, &scant));
        let mut out = [0x0a, 0, 0x18, 1, 0x22].to_vec();
        put_bytes(&mut out, &list);
        let subscriptions = dense_lists().into_iter();
        let crowded = subscriptions.filter_map(|list| {
            Some(PeerDescriptor {
                subscriptions: Subscriptions::decode(&list).ok()?,
                ..descriptor("Shop.0", revision(2, 0))
            })
        });
        let crowded = Snapshot {
            revision: revision(9, 0),
            peers: crowded.map(Arc::new).collect(),
        };
        vec![out, Self::encode(&crowded)]
    }
}

/// A run of changes.
struct ChangesBytes;

impl Format for ChangesBytes {
    type Value = (Revision, Vec<Change>);
    const NAME: &'static str = "directory/changes";
    const FACTOR: u64 = LISTS;

    fn decode(bytes: &Bytes) -> Option<Self::Value> {
        let changes = message::<Changes>(bytes)?
            .read()
            .collect::<Result<Vec<_>, _>>();
        let changes = changes.ok()?;
        let first = changes
            .first()
            .map_or_else(Revision::default, |change| change.revision);
        Some((first, changes))
    }

    fn encode((first, changes): &Self::Value) -> Vec<u8> {
        let encoded: Vec<_> = changes.iter().map(Change::encode).collect();
        Changes::new(first.cluster, &encoded).encode_to_vec()
    }

    fn samples() -> Vec<Vec<u8>> {
        vec![Self::encode(&(revision(2, 0), changes()))]
    }
}
