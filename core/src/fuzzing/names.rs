//! Keys, headers and names.

use bytes::Bytes;

use super::decoder::Decoder;
use super::format::Format;
use super::samples::key;
use crate::binding::{BindingKey, BindingPart};
use crate::id::PeerId;
use crate::message::Headers;

pub(super) fn decoders() -> Vec<Decoder> {
    vec![
        Decoder::of::<KeyBytes>(),
        Decoder::of::<KeyText>(),
        Decoder::of::<HeaderBytes>(),
        Decoder::of::<PeerName>(),
    ]
}

/// A binding key as it travels.
struct KeyBytes;

impl Format for KeyBytes {
    type Value = BindingKey;
    const NAME: &'static str = "names/binding-key";

    fn decode(bytes: &Bytes) -> Option<BindingKey> {
        BindingKey::decode(bytes).ok()
    }

    fn encode(key: &BindingKey) -> Vec<u8> {
        let mut out = Vec::new();
        key.encode(&mut out);
        out
    }

    fn samples() -> Vec<Vec<u8>> {
        let mut keys: Vec<_> = KEYS.iter().map(|text| key(text)).collect();
        let longest = vec![BindingPart::Value("x".repeat(BindingKey::MAX_PART_LEN)); 3];
        keys.extend(BindingKey::new(longest));
        keys.extend(BindingKey::new(vec![
            BindingPart::Any;
            BindingKey::MAX_PARTS
        ]));
        keys.iter().map(Self::encode).collect()
    }
}

const KEYS: [&str; 8] = [
    "#",
    "",
    "*",
    "fr.#",
    "fr.*.75001",
    "a..b",
    "\\*.a\\.b",
    "é.ß",
];

/// A binding key as people write it.
struct KeyText;

impl Format for KeyText {
    type Value = BindingKey;
    const NAME: &'static str = "names/binding-key-text";

    fn decode(bytes: &Bytes) -> Option<BindingKey> {
        BindingKey::parse(std::str::from_utf8(bytes).ok()?).ok()
    }

    fn encode(key: &BindingKey) -> Vec<u8> {
        key.to_string().into()
    }

    fn is_open(_: &BindingKey) -> bool {
        true
    }

    fn samples() -> Vec<Vec<u8>> {
        KEYS.iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    fn densest() -> Vec<Vec<u8>> {
        vec![
            ".".repeat(BindingKey::MAX_PARTS - 1).into(),
            ".".repeat(1 << 16).into(),
        ]
    }
}

/// What travels beside a message.
struct HeaderBytes;

impl Format for HeaderBytes {
    type Value = Headers;
    const NAME: &'static str = "names/headers";

    fn decode(bytes: &Bytes) -> Option<Headers> {
        Headers::decode(bytes).ok()
    }

    fn encode(headers: &Headers) -> Vec<u8> {
        let mut out = Vec::new();
        // A failure leaves too few bytes, which the comparison with what was read finds.
        let _ = headers.encode(&mut out);
        out
    }

    fn samples() -> Vec<Vec<u8>> {
        let mut few = Headers::new();
        few.insert(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        );
        few.insert("é", "");
        let mut many = Headers::new();
        (0..Headers::MAX_COUNT).for_each(|n| many.insert(n.to_string(), "v"));
        [Headers::new(), few, many]
            .iter()
            .map(Self::encode)
            .collect()
    }
}

/// The name of a peer.
struct PeerName;

impl Format for PeerName {
    type Value = PeerId;
    const NAME: &'static str = "names/peer-id";

    fn decode(bytes: &Bytes) -> Option<PeerId> {
        PeerId::new(std::str::from_utf8(bytes).ok()?).ok()
    }

    fn encode(peer: &PeerId) -> Vec<u8> {
        peer.as_str().into()
    }

    fn samples() -> Vec<Vec<u8>> {
        ["Shop.0", "Abc.Weather.12"]
            .map(|text| text.into())
            .to_vec()
    }
}
