//! What the reader takes, in agreement with bincode's own, and what it refuses.

use std::collections::BTreeMap;

use bytes::BytesMut;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::Bincode;
use super::codec::CONFIG;
use crate::message::Codec;

/// Everything that serde knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Everything {
    flags: (bool, Option<bool>),
    small: (u8, i8, u16, i16, u32, i32),
    large: (u64, i64, u128, i128),
    floating: [f32; 3],
    letter: char,
    text: String,
    bytes: Vec<u8>,
    nothing: (),
    unit: Unit,
    wrapped: Wrapped,
    shapes: Vec<Shape>,
    map: BTreeMap<String, Vec<Option<i64>>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wrapped(f64);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(u32),
    Box(i16, i16),
    Named {
        name: String,
        inner: Option<Box<Shape>>,
    },
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        Just(Shape::Point),
        any::<u32>().prop_map(Shape::Circle),
        any::<(i16, i16)>().prop_map(|(wide, high)| Shape::Box(wide, high)),
    ];
    leaf.prop_recursive(4, 8, 1, |inner| {
        let named = |(name, inner): (String, Option<Shape>)| Shape::Named {
            name,
            inner: inner.map(Box::new),
        };
        (any::<String>(), proptest::option::of(inner)).prop_map(named)
    })
}

prop_compose! {
    fn everything()(
        flags: (bool, Option<bool>),
        small: (u8, i8, u16, i16, u32, i32),
        large: (u64, i64, u128, i128),
        floating in prop::array::uniform3(-1e9f32..1e9),
        letter: char,
        text: String,
        bytes: Vec<u8>,
        wrapped in -1e9f64..1e9,
        shapes in prop::collection::vec(shape(), 0..4),
        map: BTreeMap<String, Vec<Option<i64>>>,
    ) -> Everything {
        let (nothing, unit, wrapped) = ((), Unit, Wrapped(wrapped));
        Everything {
            flags, small, large, floating, letter, text, bytes, nothing, unit, wrapped, shapes, map,
        }
    }
}

fn written<T: Serialize + for<'a> Deserialize<'a>>(value: &T) -> BytesMut {
    let mut out = BytesMut::new();
    Bincode::encode(value, &mut out).unwrap();
    assert_eq!(out.len(), Bincode::encoded_len(value));
    out
}

fn refusal<T: Serialize + for<'a> Deserialize<'a>>(bytes: &[u8]) -> String {
    let read: Result<T, _> = Bincode::decode(bytes);
    let Err(refused) = read else {
        panic!("{bytes:02x?} was taken");
    };
    refused.to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_value_survives_and_is_read_as_bincode_reads_it(value in everything()) {
        let out = written(&value);
        prop_assert_eq!(&Bincode::decode(&out), &Ok(value.clone()));
        let theirs = bincode::serde::decode_from_slice::<Everything, _>(&out, CONFIG);
        prop_assert_eq!(theirs.unwrap(), (value, out.len()));
    }

    #[test]
    fn no_bytes_make_the_reading_panic(bytes: Vec<u8>) {
        let _: Result<Everything, _> = Bincode::decode(&bytes);
        let _: Result<Vec<Shape>, _> = Bincode::decode(&bytes);
    }

    #[test]
    fn what_is_cut_or_lengthened_is_refused(value in everything(), at: prop::sample::Index) {
        let mut out = written(&value);
        let cut: Result<Everything, _> = Bincode::decode(&out[..at.index(out.len())]);
        prop_assert!(cut.is_err());
        out.extend_from_slice(&[0]);
        prop_assert!(refusal::<Everything>(&out).contains("1 bytes are left over"));
    }
}

/// A length in bincode's spelling of large numbers.
fn claiming(length: u64) -> Vec<u8> {
    [&[253][..], &length.to_le_bytes()].concat()
}

#[test]
fn a_length_that_lies_reserves_nothing_and_is_refused() {
    for length in [1 << 20, 1 << 40, u64::MAX] {
        let lie = claiming(length);
        let refused = allocation_counter::measure(|| {
            let text = refusal::<String>(&lie);
            assert!(
                text.contains("too early") || text.contains("than there can be"),
                "{text}"
            );
            assert!(refusal::<Vec<u64>>(&lie).contains("too early"));
            assert!(refusal::<BTreeMap<u64, String>>(&lie).contains("too early"));
            assert!(refusal::<Vec<Vec<[u64; 4]>>>(&lie).contains("too early"));
        });
        assert!(refused.bytes_max < 1024, "{refused:?}");
    }
}

#[test]
fn a_list_of_nothing_has_an_end() {
    let few = written(&vec![(); 1000]);
    assert_eq!(Bincode::decode(&few), Ok(vec![(); 1000]));
    let text = refusal::<Vec<()>>(&claiming(u64::MAX));
    assert!(text.contains("elements that take no bytes"), "{text}");
}

#[derive(Debug, PartialEq, Default, Serialize, Deserialize)]
struct Cache {
    #[serde(skip)]
    kept_at_home: [u64; 8],
}

#[test]
fn elements_that_take_memory_and_no_bytes_are_counted_by_their_memory() {
    let lie = claiming(1 << 40);
    let refused = allocation_counter::measure(|| {
        let text = refusal::<Vec<Cache>>(&lie);
        assert!(text.contains("elements that take no bytes"), "{text}");
    });
    assert!(refused.bytes_max < 256 << 10, "{refused:?}");
}

#[test]
fn nesting_ends_before_the_stack_does() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Nested {
        End,
        Deeper(Box<Nested>),
    }
    let deep = |levels| (0..levels).fold(Nested::End, |inner, _| Nested::Deeper(Box::new(inner)));
    let read: Nested = Bincode::decode(&written(&deep(127))).unwrap();
    assert_eq!(read, deep(127));
    let text = refusal::<Nested>(&[1; 1 << 20]);
    assert!(text.contains("more than 128 deep"), "{text}");
}

#[test]
fn a_frame_more_than_a_frame_is_not_looked_at() {
    let text = refusal::<Vec<u8>>(&vec![0; (4 << 20) + 1]);
    assert!(text.contains("at most 4194304"), "{text}");
}

#[test]
fn what_asks_the_bytes_what_they_are_cannot_travel() {
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u64),
        Text(String),
    }
    let out = written(&Either::Number(7));
    let text = refusal::<Either>(&out);
    assert!(text.contains("asks the bytes what they are"), "{text}");
    let out = written(&Either::Text("seven".into()));
    assert!(!refusal::<Either>(&out).is_empty());
}

#[test]
fn a_value_that_cannot_be_written_says_why_and_has_no_length() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        rest: BTreeMap<String, u32>,
    }
    let flat = Flat {
        rest: BTreeMap::new(),
    };
    assert_eq!(Bincode::encoded_len(&flat), 0);
    let fault = Bincode::encode(&flat, &mut BytesMut::new()).unwrap_err();
    assert!(
        fault.to_string().contains("does not know its length"),
        "{fault}"
    );
}
