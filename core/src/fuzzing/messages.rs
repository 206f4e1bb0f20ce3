//! A user's own message, as a codec reads it.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};

use super::decoder::Decoder;
use super::format::Format;
use super::samples::short_names;
use crate::message::{Bincode, Codec};

pub(super) fn decoders() -> Vec<Decoder> {
    vec![Decoder::of::<Cart>()]
}

/// What a user might send by bincode: all that takes more memory than bytes.
struct Cart;

type Contents = (
    u64,
    Vec<String>,
    Vec<(String, u32)>,
    BTreeMap<String, Vec<i64>>,
    Result<Option<Box<(u8, String)>>, char>,
    Vec<()>,
);

impl Format for Cart {
    type Value = Contents;
    const NAME: &'static str = "messages/bincode";
    /// An element of the densest list takes 24 bytes for one; while the list grows, it holds the
    /// old and the new, twice as long.
    const FACTOR: u64 = 3 * 32;

    fn decode(bytes: &Bytes) -> Option<Contents> {
        Bincode::decode(bytes).ok()
    }

    fn encode(contents: &Contents) -> Vec<u8> {
        let mut out = BytesMut::new();
        Bincode::encode(contents, &mut out).expect("what was read can be written");
        out.into()
    }

    fn samples() -> Vec<Vec<u8>> {
        let stock = BTreeMap::from([("A1".into(), vec![7, -300]), (String::new(), Vec::new())]);
        let texts = vec!["tea".into(), "ß".into()];
        let lines = vec![("A1".into(), 2), ("A2".into(), u32::MAX)];
        [
            (
                0,
                Vec::new(),
                Vec::new(),
                BTreeMap::new(),
                Ok(None),
                Vec::new(),
            ),
            (1 << 40, texts, lines, stock, Err('é'), vec![(); 300]),
            (
                300,
                Vec::new(),
                Vec::new(),
                BTreeMap::new(),
                Ok(Some(Box::new((7, "x".into())))),
                vec![()],
            ),
        ]
        .iter()
        .map(Self::encode)
        .collect()
    }

    fn densest() -> Vec<Vec<u8>> {
        let texts = |count| {
            let texts = vec![String::new(); count];
            (0, texts, Vec::new(), BTreeMap::new(), Ok(None), Vec::new())
        };
        let lines = vec![(String::new(), 0); 40_000];
        let keys = short_names(4_000).into_iter();
        let map = keys.map(|key| (key, vec![0])).collect();
        [
            texts(60_000),
            // One more than serde reserves and two doublings give: the list has just grown.
            texts((1 << 20) / 24 * 4 + 1),
            (0, Vec::new(), lines, BTreeMap::new(), Ok(None), Vec::new()),
            (0, Vec::new(), Vec::new(), map, Ok(None), Vec::new()),
            (
                0,
                Vec::new(),
                Vec::new(),
                BTreeMap::new(),
                Ok(None),
                vec![(); 60_000],
            ),
        ]
        .iter()
        .map(Self::encode)
        .collect()
    }
}
