//! What types look like, as peers tell it to a directory and a directory to whoever asks.

use std::fmt::Debug;
use std::marker::PhantomData;

use bytes::Bytes;
use prost::Message;

use super::decoder::Decoder;
use super::format::Format;
use super::samples::short_names;
use crate::directory::TypeList;
use crate::directory::contract::{
    Describe, GetType, GotType, KnownType, ListTypes, ListedTypes, Supply, Wanted,
};
use crate::id::Incarnation;
use crate::message::schema::{ErrorSchema, TypeDescription, TypeHash, TypeSchema, Undescribed};
use crate::message::{Codec, Deliver, MessageKind, Prost};
use crate::wire::{put_bytes, put_str, put_varint};

pub(super) fn decoders() -> Vec<Decoder> {
    vec![
        Decoder::of::<DescriptionBytes>(),
        Decoder::of::<TypeMessage<Describe>>(),
        Decoder::of::<TypeMessage<Wanted>>(),
        Decoder::of::<TypeMessage<Supply>>(),
        Decoder::of::<TypeMessage<ListTypes>>(),
        Decoder::of::<TypeMessage<ListedTypes>>(),
        Decoder::of::<TypeMessage<GetType>>(),
        Decoder::of::<TypeMessage<GotType>>(),
    ]
}

/// The description of a type.
struct DescriptionBytes;

impl Format for DescriptionBytes {
    type Value = TypeDescription;
    const NAME: &'static str = "directory/type-description";

    fn decode(bytes: &Bytes) -> Option<TypeDescription> {
        TypeDescription::decode(bytes).ok()
    }

    fn encode(description: &TypeDescription) -> Vec<u8> {
        description.encode().into()
    }

    fn samples() -> Vec<Vec<u8>> {
        descriptions().iter().map(Self::encode).collect()
    }

    /// As many errors as there may be, with the shortest names.
    fn densest() -> Vec<Vec<u8>> {
        let errors = (0..TypeDescription::MAX_ERRORS).map(|_| ErrorSchema {
            code: 1,
            variant: "A".into(),
            details: Some("B".into()),
        });
        let [mut described, _] = descriptions();
        if let Ok(schema) = &mut described.schema {
            schema.errors = errors.collect();
            schema.routes = vec![1; 64];
            schema.file = Bytes::new();
        }
        vec![Self::encode(&described)]
    }
}

fn descriptions() -> [TypeDescription; 2] {
    let described = TypeDescription {
        name: "Shop.PlaceOrder".into(),
        kind: MessageKind::Command,
        codec: 1,
        lane: "bulk".into(),
        deliver: Deliver::Any,
        transient: true,
        unsequenced: false,
        schema: Ok(TypeSchema {
            file: Bytes::from_static(b"\x0a\x0atype.proto"),
            message: "Shop.PlaceOrder".into(),
            reply: "google.protobuf.Empty".into(),
            errors: vec![ErrorSchema {
                code: 404,
                variant: "UnknownSku".into(),
                details: Some("google.protobuf.StringValue".into()),
            }],
            routes: vec![3, 300],
        }),
    };
    let opaque = TypeDescription {
        name: "Shop.Closed".into(),
        kind: MessageKind::Event,
        schema: Err(Undescribed::Codec),
        ..described.clone()
    };
    [described, opaque]
}

/// A message about types, read as its receiver does.
struct TypeMessage<M>(PhantomData<M>);

/// How what is in such a message is read.
trait AboutTypes: Message + Default + PartialEq + Debug {
    const NAME: &'static str;

    /// Whether what is in it could be read.
    fn reads(&self) -> bool;

    fn samples() -> Vec<Self>;

    /// As [`Format::densest`].
    fn densest() -> Vec<Vec<u8>> {
        Vec::new()
    }
}

impl<M: AboutTypes> Format for TypeMessage<M> {
    type Value = M;
    const NAME: &'static str = M::NAME;

    fn decode(bytes: &Bytes) -> Option<M> {
        let message: M = Prost::decode(bytes).ok()?;
        message.reads().then_some(message)
    }

    fn encode(message: &M) -> Vec<u8> {
        message.encode_to_vec()
    }

    fn samples() -> Vec<Vec<u8>> {
        M::samples().iter().map(Self::encode).collect()
    }

    fn densest() -> Vec<Vec<u8>> {
        M::densest()
    }
}

/// Bytes as the field with this number of a message that has nothing else.
fn in_field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    put_bytes(&mut out, bytes);
    out
}

impl AboutTypes for Describe {
    const NAME: &'static str = "directory/describe";

    fn reads(&self) -> bool {
        self.read().is_ok()
    }

    fn samples() -> Vec<Self> {
        let types = descriptions().map(|one| (one.name.clone(), one.hash()));
        let types: TypeList = types.into_iter().collect();
        vec![Self::new(Incarnation(300), &types)]
    }

    fn densest() -> Vec<Vec<u8>> {
        let names = short_names(TypeList::MAX);
        let types: TypeList = names
            .into_iter()
            .map(|name| (name, TypeHash([7; 32])))
            .collect();
        vec![Self::new(Incarnation(1), &types).encode_to_vec()]
    }
}

impl AboutTypes for Wanted {
    const NAME: &'static str = "directory/wanted-types";

    fn reads(&self) -> bool {
        self.read().is_ok()
    }

    fn samples() -> Vec<Self> {
        vec![Self::new(&[TypeHash([1; 32]), TypeHash([2; 32])])]
    }
}

impl AboutTypes for Supply {
    const NAME: &'static str = "directory/supply-types";

    fn reads(&self) -> bool {
        self.read().is_ok()
    }

    fn samples() -> Vec<Self> {
        let descriptions = descriptions().map(|one| one.encode());
        vec![Self::new(Incarnation(300), &descriptions)]
    }

    /// As many of the shortest descriptions as there may be.
    fn densest() -> Vec<Vec<u8>> {
        let [_, mut shortest] = descriptions();
        (shortest.name, shortest.lane) = ("A".into(), "b".into());
        let shortest = vec![shortest.encode(); TypeList::MAX];
        vec![Self::new(Incarnation(1), &shortest).encode_to_vec()]
    }
}

impl AboutTypes for ListTypes {
    const NAME: &'static str = "directory/list-types";

    fn reads(&self) -> bool {
        true
    }

    fn samples() -> Vec<Self> {
        vec![Self::after("Shop.Closed")]
    }
}

impl AboutTypes for ListedTypes {
    const NAME: &'static str = "directory/listed-types";

    fn reads(&self) -> bool {
        self.read().is_ok()
    }

    fn samples() -> Vec<Self> {
        let known = descriptions().map(|one| KnownType {
            hash: one.hash(),
            name: one.name,
            peers: 300,
        });
        vec![Self::new(known)]
    }

    fn densest() -> Vec<Vec<u8>> {
        let mut list = Vec::new();
        for _ in 0..4_000 {
            put_str(&mut list, "A");
            list.extend_from_slice(&[7; 32]);
            put_varint(&mut list, 1);
        }
        vec![in_field(1, &list)]
    }
}

impl AboutTypes for GetType {
    const NAME: &'static str = "directory/get-type";

    fn reads(&self) -> bool {
        self.hash().is_ok()
    }

    fn samples() -> Vec<Self> {
        vec![Self::new(TypeHash([7; 32]))]
    }
}

impl AboutTypes for GotType {
    const NAME: &'static str = "directory/got-type";

    /// Of whatever hash: that of the bytes is known to whoever made them up.
    fn reads(&self) -> bool {
        self.hash().is_none_or(|hash| self.read(hash).is_ok())
    }

    fn samples() -> Vec<Self> {
        let [described, _] = descriptions();
        vec![Self::new(None), Self::new(Some(described.encode()))]
    }
}
