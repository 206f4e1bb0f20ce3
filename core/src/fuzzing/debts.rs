//! Messages of the directory that say who owes whom messages.

use bytes::Bytes;
use prost::Message;

use super::decoder::Decoder;
use super::format::Format;
use super::samples::{revision, short_names};
use crate::directory::PeerList;
use crate::directory::contract::{Applied, Drained, Heartbeat};
use crate::id::{Incarnation, PeerId, Revision};
use crate::message::{Codec, Prost};

pub(super) fn decoders() -> Vec<Decoder> {
    vec![
        Decoder::of::<HeartbeatBytes>(),
        Decoder::of::<AppliedBytes>(),
        Decoder::of::<DrainedBytes>(),
    ]
}

fn peers() -> PeerList {
    let names = ["Shop.0", "Shop.1"];
    names.iter().filter_map(|it| PeerId::new(it).ok()).collect()
}

/// As many as there may be, with the shortest names.
fn dense() -> PeerList {
    let names = short_names(PeerList::MAX);
    let peers = names.iter().filter_map(|name| {
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        PeerId::new(&format!("{name}.0")).ok()
    });
    peers.collect()
}

/// A sign of life.
struct HeartbeatBytes;

impl Format for HeartbeatBytes {
    type Value = (Heartbeat, PeerList);
    const NAME: &'static str = "directory/heartbeat";

    fn decode(bytes: &Bytes) -> Option<Self::Value> {
        let heartbeat: Heartbeat = Prost::decode(bytes).ok()?;
        let owing = heartbeat.owing().ok()?;
        Some((heartbeat, owing))
    }

    fn encode((heartbeat, owing): &Self::Value) -> Vec<u8> {
        let (run, epoch) = (heartbeat.incarnation(), heartbeat.epoch());
        Heartbeat::new(run, epoch, heartbeat.applied(), owing).encode_to_vec()
    }

    fn samples() -> Vec<Vec<u8>> {
        let beat = |owing| Heartbeat::new(Incarnation(300), 5, revision(7, 3), owing);
        [PeerList::default(), peers()]
            .iter()
            .map(|owing| beat(owing).encode_to_vec())
            .collect()
    }

    fn densest() -> Vec<Vec<u8>> {
        vec![Heartbeat::new(Incarnation(300), 5, revision(7, 3), &dense()).encode_to_vec()]
    }
}

/// What a follower holds.
struct AppliedBytes;

impl Format for AppliedBytes {
    type Value = (Revision, PeerList);
    const NAME: &'static str = "directory/applied";

    fn decode(bytes: &Bytes) -> Option<Self::Value> {
        let applied: Applied = Prost::decode(bytes).ok()?;
        Some((applied.revision(), applied.owing().ok()?))
    }

    fn encode((revision, owing): &Self::Value) -> Vec<u8> {
        Applied::new(*revision, owing).encode_to_vec()
    }

    fn samples() -> Vec<Vec<u8>> {
        [PeerList::default(), peers()]
            .map(|owing| Self::encode(&(revision(7, 3), owing)))
            .into()
    }

    fn densest() -> Vec<Vec<u8>> {
        vec![Self::encode(&(revision(7, 3), dense()))]
    }
}

/// Who may still have something for a peer that drains.
struct DrainedBytes;

impl Format for DrainedBytes {
    type Value = (Revision, PeerList, PeerList);
    const NAME: &'static str = "directory/drained";

    fn decode(bytes: &Bytes) -> Option<Self::Value> {
        let drained: Drained = Prost::decode(bytes).ok()?;
        let (owing, unheard) = (drained.owing().ok()?, drained.unheard().ok()?);
        Some((drained.revision(), owing, unheard))
    }

    fn encode((revision, owing, unheard): &Self::Value) -> Vec<u8> {
        Drained::new(*revision, owing, unheard).encode_to_vec()
    }

    fn samples() -> Vec<Vec<u8>> {
        let lists = [
            (PeerList::default(), PeerList::default()),
            (peers(), PeerList::default()),
            (PeerList::default(), peers()),
        ];
        lists
            .map(|(owing, unheard)| Self::encode(&(revision(7, 3), owing, unheard)))
            .into()
    }

    fn densest() -> Vec<Vec<u8>> {
        vec![Self::encode(&(revision(7, 3), dense(), dense()))]
    }
}
