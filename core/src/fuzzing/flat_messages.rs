//! Messages of the directory that hold numbers and texts only.

use std::fmt::Debug;
use std::marker::PhantomData;

use bytes::Bytes;
use prost::Message;

use super::decoder::Decoder;
use super::format::Format;
use super::samples::revision;
use crate::directory::contract::{Alive, Attached, Probe, Registered, Updated, WatchMode};
use crate::id::Incarnation;
use crate::message::{Codec, Prost};

pub(super) fn decoders() -> Vec<Decoder> {
    vec![
        Decoder::of::<Flat<Probe>>(),
        Decoder::of::<Flat<Registered>>(),
        Decoder::of::<Flat<Attached>>(),
        Decoder::of::<Flat<Updated>>(),
        Decoder::of::<Flat<Alive>>(),
    ]
}

struct Flat<M>(PhantomData<M>);

/// A message that is read by its codec alone.
trait FlatMessage: Message + Default + PartialEq + Debug {
    const NAME: &'static str;

    fn sample() -> Self;
}

impl<M: FlatMessage> Format for Flat<M> {
    type Value = M;
    const NAME: &'static str = M::NAME;

    fn decode(bytes: &Bytes) -> Option<M> {
        Prost::decode(bytes).ok()
    }

    fn encode(message: &M) -> Vec<u8> {
        message.encode_to_vec()
    }

    fn samples() -> Vec<Vec<u8>> {
        vec![M::sample().encode_to_vec()]
    }
}

impl FlatMessage for Probe {
    const NAME: &'static str = "directory/probe";

    fn sample() -> Self {
        Self::new("192.0.2.1:7000")
    }
}

impl FlatMessage for Registered {
    const NAME: &'static str = "directory/registered";

    fn sample() -> Self {
        Self::new(Incarnation(300), revision(7, 3))
    }
}

impl FlatMessage for Attached {
    const NAME: &'static str = "directory/attached";

    fn sample() -> Self {
        Self::new(WatchMode::Resume, 5, revision(7, 3))
    }
}

impl FlatMessage for Updated {
    const NAME: &'static str = "directory/updated";

    fn sample() -> Self {
        Self::new(revision(7, 3), true)
    }
}

impl FlatMessage for Alive {
    const NAME: &'static str = "directory/alive";

    fn sample() -> Self {
        Self::new(revision(7, 3))
    }
}
