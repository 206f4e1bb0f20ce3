//! The derives and handlers as another crate sees them: every accepted form, and what the
//! compiler says about the others.

use std::fmt;

use bytes::BytesMut;
use quibus::binding::RoutingKey;
use quibus::dispatch::Handler;
use quibus::message::{
    Codec, DecodeError, Deliver, EncodeError, HandlerError, Message, MessageKind, Route,
    RouteValue, Untyped, WireError,
};
use quibus::prelude::*;

/// The compiler's messages are part of the interface. Written for the compiler of the day; after
/// an update look at what changed and run with `TRYBUILD=overwrite`.
#[test]
fn a_mistake_is_explained_where_it_was_made() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

fn key_of(message: &impl Message) -> Vec<Vec<String>> {
    let mut key = RoutingKey::new();
    message.write_key(&mut key);
    let texts = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect();
    key.fields()
        .map(|field| texts(field.values().collect()))
        .collect()
}

fn wanted(route: impl Route) -> String {
    route.into_key().unwrap().to_string()
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration, quibus::Schema,
)]
#[repr(i32)]
enum Sky {
    Unknown = 0,
    Clear = 1,
    Overcast = 2,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Event)]
#[quibus(namespace = "Abc.Weather", name = "Observed", transient, lane = "bulk")]
#[quibus(route_fn = "routing")]
struct SkyObserved {
    #[quibus(route = 30)]
    #[prost(enumeration = "Sky", tag = "1")]
    sky: i32,
    #[prost(double, tag = "2")]
    celsius: f64,
    #[quibus(route = 4)]
    #[prost(string, repeated, tag = "3")]
    r#type: Vec<String>,
    #[quibus(route = 7)]
    #[prost(uint64, optional, tag = "4")]
    route: Option<u64>,
}

#[test]
fn attributes_reach_the_constants() {
    assert_eq!(SkyObserved::NAME, "Abc.Weather.Observed");
    assert_eq!(
        (SkyObserved::KIND, SkyObserved::LANE),
        (MessageKind::Event, "bulk")
    );
    const { assert!(SkyObserved::TRANSIENT && !Plain::TRANSIENT) };
    assert_eq!(Plain::NAME, "Shop.Plain");
    assert_eq!(
        (Plain::KIND, Plain::LANE),
        (MessageKind::Command, "default")
    );
    assert_eq!(
        (Plain::DELIVER, Closing::DELIVER),
        (Deliver::One, Deliver::Any)
    );
}

#[test]
fn routing_fields_stand_in_the_order_of_their_positions_without_gaps() {
    let mut event = SkyObserved {
        sky: Sky::Overcast.into(),
        r#type: vec!["b".into(), "a".into()],
        ..SkyObserved::default()
    };
    assert_eq!(key_of(&event), [vec!["a", "b"], vec![], vec!["2"]]);
    (event.route, event.sky) = (Some(9), 77);
    assert_eq!(key_of(&event), [vec!["a", "b"], vec!["9"], vec!["77"]]);
    assert!(key_of(&Plain {}).is_empty());
}

#[test]
fn a_route_asks_for_the_fields_that_were_set() {
    assert_eq!(wanted(SkyObserved::routing()), "#");
    assert_eq!(wanted(SkyObserved::routing().sky(Sky::Clear)), "*.*.1");
    assert_eq!(
        wanted(SkyObserved::routing().r#type("a").route(9_u64)),
        "a.9.*"
    );
    assert_eq!(wanted(Plain::route()), "#");
}

#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Shop")]
struct Plain {}

#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Shop", deliver = "any")]
struct Closing {}

/// A codec of the user's own: one byte.
enum Byte {}

impl Codec<Lamp> for Byte {
    const ID: u8 = 200;

    fn encoded_len(_: &Lamp) -> usize {
        1
    }

    fn encode(value: &Lamp, out: &mut BytesMut) -> Result<(), EncodeError> {
        out.extend_from_slice(&[u8::from(matches!(value, Lamp::On))]);
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Lamp, DecodeError> {
        match bytes {
            [0] => Ok(Lamp::Off),
            [1] => Ok(Lamp::On),
            _ => Err(DecodeError::new("a lamp is 0 or 1")),
        }
    }
}

impl Codec<()> for Byte {
    const ID: u8 = 200;

    fn encoded_len(_: &()) -> usize {
        0
    }

    fn encode(_: &(), _: &mut BytesMut) -> Result<(), EncodeError> {
        Ok(())
    }

    fn decode(_: &[u8]) -> Result<(), DecodeError> {
        Ok(())
    }
}

#[derive(Debug, PartialEq, quibus::Command)]
#[quibus(namespace = "Home", codec = Byte)]
enum Lamp {
    On,
    Off,
}

impl fmt::Display for Lamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl RouteValue for Lamp {
    type Element = Self;
}

#[derive(quibus::Command)]
#[quibus(namespace = "Home", codec = Byte)]
struct Switched {
    #[quibus(route = 1)]
    lamp: Lamp,
}

impl Codec<Switched> for Byte {
    const ID: u8 = 200;

    fn encoded_len(value: &Switched) -> usize {
        Byte::encoded_len(&value.lamp)
    }

    fn encode(value: &Switched, out: &mut BytesMut) -> Result<(), EncodeError> {
        Byte::encode(&value.lamp, out)
    }

    fn decode(bytes: &[u8]) -> Result<Switched, DecodeError> {
        let lamp = Byte::decode(bytes)?;
        Ok(Switched { lamp })
    }
}

#[test]
fn an_enum_travels_with_a_codec_of_its_own_and_can_be_routed_by() {
    let mut out = BytesMut::new();
    <Lamp as Message>::Codec::encode(&Lamp::On, &mut out).unwrap();
    assert_eq!(<Lamp as Message>::Codec::decode(&out), Ok(Lamp::On));
    assert_eq!(key_of(&Switched { lamp: Lamp::Off }), [["Off"]]);
    assert_eq!(wanted(Switched::route().lamp(Lamp::On)), "On");
}

fn handled<A, H: Handler<A>>(_: H) -> &'static str {
    H::Message::NAME
}

#[test]
fn closures_and_configured_functions_are_handlers_too() {
    async fn observed(_: SkyObserved) {}
    assert_eq!(handled(|_: Plain| async {}), "Shop.Plain");
    assert_eq!(handled(async |_: Plain, _: Sender| {}), "Shop.Plain");
    assert_eq!(handled(observed), "Abc.Weather.Observed");
    let overcast = SkyObserved::routing().sky(Sky::Overcast);
    assert_eq!(
        handled(observed.matching(vec![overcast]).queue("sky")),
        "Abc.Weather.Observed"
    );
}

#[derive(Debug, PartialEq, thiserror::Error, quibus::HandlerError)]
enum Refusal {
    #[error("closed")]
    #[quibus(code = 410)]
    Closed,
    #[error("out of {sku}")]
    #[quibus(code = 409)]
    OutOf { sku: String },
    #[error("at most {0}")]
    #[quibus(code = 1)]
    AtMost(u32),
    #[error("kept at home")]
    Home(&'static str, u8),
}

#[test]
fn a_declared_error_survives_its_travel() {
    for error in [
        Refusal::Closed,
        Refusal::OutOf { sku: "A9".into() },
        Refusal::AtMost(7),
    ] {
        let wire = error.to_wire().unwrap();
        assert_eq!(wire.text, error.to_string());
        assert_eq!(Refusal::from_wire(&wire), Some(error));
    }
    assert_eq!(Refusal::Home("a", 1).to_wire(), None);
}

#[test]
fn a_code_from_a_newer_version_is_no_variant_here() {
    let newer = WireError::of(499, &"newer");
    assert_eq!(Refusal::from_wire(&newer), None);
    let changed = WireError {
        details: b"\xff".as_slice().into(),
        ..WireError::of(1, &"at most ?")
    };
    assert_eq!(Refusal::from_wire(&changed), None);
    assert_eq!(Untyped::from_wire(&newer), None);
}
