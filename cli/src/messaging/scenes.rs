//! Tests of what people and scripts type and read about messages.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use anstream::adapter::strip_str;
use prost::Message as _;
use quibus::SendError;
use quibus::bus::Published;
use quibus::message::raw::{RawError, RawType};
use quibus::message::{HandlerError, Message};
use serde_json::Value;

use super::payload::Payload;
use super::subject::Subject;
use super::tailed_event::TailedEvent;
use super::{publish_event, send_command, send_failure};
use crate::complaint::Complaint;
use crate::output_form::OutputForm;

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration, quibus::Schema,
)]
#[repr(i32)]
enum Sky {
    Unknown = 0,
    Clear = 1,
}

#[derive(Clone, PartialEq, prost::Oneof, quibus::Schema)]
enum Payment {
    #[prost(string, tag = "20")]
    Iban(String),
    #[prost(message, tag = "21")]
    Card(Box<Line>),
}

#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
struct Line {
    #[prost(string, tag = "1")]
    sku: String,
    #[prost(message, repeated, tag = "2")]
    parts: Vec<Line>,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Shop", reply = Line, error = OrderError)]
struct PlaceOrder {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    customer: String,
    #[prost(message, repeated, tag = "2")]
    lines: Vec<Line>,
    #[quibus(route = 3)]
    #[prost(enumeration = "Sky", tag = "3")]
    sky: i32,
    #[quibus(route = 2)]
    #[prost(int64, repeated, tag = "4")]
    floors: Vec<i64>,
    #[prost(map = "string, message", tag = "5")]
    by_name: HashMap<String, Line>,
    #[prost(btree_map = "int32, enumeration(Sky)", tag = "6")]
    skies: BTreeMap<i32, i32>,
    #[quibus(route = 4)]
    #[prost(bool, optional, tag = "7")]
    gift: Option<bool>,
    #[prost(bytes = "vec", tag = "8")]
    seal: Vec<u8>,
    #[prost(message, optional, tag = "9")]
    note: Option<String>,
    #[prost(double, tag = "10")]
    discount: f64,
    #[prost(sint32, tag = "11", default = "5")]
    shelf: i32,
    #[prost(fixed64, repeated, packed = "false", tag = "12")]
    coupons: Vec<u64>,
    #[prost(oneof = "Payment", tags = "20, 21")]
    payment: Option<Payment>,
}

#[derive(Debug, thiserror::Error, quibus::HandlerError)]
enum OrderError {
    #[error("sku {0} is not sold here")]
    #[quibus(code = 404)]
    UnknownSku(String),
    #[error("the shop is closed")]
    #[quibus(code = 410)]
    Closed,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Event)]
#[quibus(namespace = "Shop", opaque)]
struct Hidden {}

fn line(sku: &str) -> Line {
    Line {
        sku: sku.into(),
        parts: Vec::new(),
    }
}

fn order() -> PlaceOrder {
    PlaceOrder {
        customer: "Ann".into(),
        lines: vec![Line {
            parts: vec![line("B")],
            ..line("A")
        }],
        sky: Sky::Clear.into(),
        floors: vec![3, -1, 3],
        by_name: HashMap::from([("x".into(), line("C"))]),
        skies: BTreeMap::from([(7, 1)]),
        gift: Some(false),
        seal: vec![0, 255],
        note: Some("hi".into()),
        discount: 0.5,
        shelf: 0,
        coupons: vec![1, u64::MAX],
        payment: Some(Payment::Card(Box::new(line("D")))),
    }
}

fn subject<M: Message>() -> Subject {
    Subject::of(M::describe()).unwrap()
}

fn read(complaint: &Complaint) -> String {
    let text = strip_str(&complaint.render(OutputForm::Text)).to_string();
    format!("{text}[exit {}]", complaint.status().code())
}

fn json(text: &str) -> Payload {
    Payload::Json(text.into())
}

#[test]
fn a_message_reads_the_same_in_rust_and_in_json_whatever_its_fields() {
    let subject = subject::<PlaceOrder>();
    let described = subject.described().unwrap();
    for order in [order(), PlaceOrder::default()] {
        let shown = described.show(&order.encode_to_vec());
        let (bytes, _) = subject.encode(&json(&shown.in_a_line()), None).unwrap();
        assert_eq!(PlaceOrder::decode(bytes).unwrap(), order);
    }
    let shown = described.show(&order().encode_to_vec()).in_lines();
    insta::assert_snapshot!(shown, @r##"
    {
      "by_name": {
        "x": {
          "parts": [],
          "sku": "C"
        }
      },
      "card": {
        "parts": [],
        "sku": "D"
      },
      "coupons": [
        "1",
        "18446744073709551615"
      ],
      "customer": "Ann",
      "discount": 0.5,
      "floors": [
        "3",
        "-1",
        "3"
      ],
      "gift": false,
      "lines": [
        {
          "parts": [
            {
              "parts": [],
              "sku": "B"
            }
          ],
          "sku": "A"
        }
      ],
      "note": "hi",
      "seal": "AP8=",
      "shelf": 0,
      "skies": {
        "7": "Clear"
      },
      "sky": "Clear"
    }
    "##);
}

#[test]
fn a_message_is_routed_as_its_own_code_would_route_it() {
    let subject = subject::<PlaceOrder>();
    for order in [order(), PlaceOrder::default()] {
        let mut key = quibus::RoutingKey::new();
        order.write_key(&mut key);
        let payload = Payload::Raw(order.encode_to_vec());
        let (_, found) = subject.encode(&payload, None).unwrap();
        assert_eq!(found, key);
        let (_, told) = subject.encode(&payload, Some(&Default::default())).unwrap();
        assert!(told.is_empty());
    }
}

#[test]
fn what_is_wrong_in_json_is_named_with_its_place_and_the_nearest_field() {
    let subject = subject::<PlaceOrder>();
    let refused = |text: &str| read(&subject.encode(&json(text), None).unwrap_err());
    insta::assert_snapshot!(refused(r#"{"custmer": "Ann"}"#), @r##"
    error: PlaceOrder has no field custmer
      help: did you mean customer?
    [exit 2]
    "##);
    insta::assert_snapshot!(refused(r#"{"lines": [{"sku": "A"}, {"parts": [{"sk": "B"}]}]}"#), @r##"
    error: Line has no field lines[1].parts[0].sk
      help: did you mean sku?
    [exit 2]
    "##);
    insta::assert_snapshot!(refused(r#"{"by_name": {"x": {"colour": 1}}}"#), @r##"
    error: Line has no field by_name.x.colour
      help: it has: sku, parts
    [exit 2]
    "##);
    insta::assert_snapshot!(refused(r#"{"customer": 7}"#), @r##"
    error: the field customer cannot have this value
      cause: invalid type: integer `7`, expected a string
      help: write it as protobuf's JSON mapping does: numbers beyond 2^53 and bytes (base64) in quotes, variants by name
    [exit 2]
    "##);
    insta::assert_snapshot!(refused(r#"{"sky": "Blue"}"#), @r##"
    error: the field sky cannot have this value
      cause: unrecognized enum value 'Blue'
      help: write it as protobuf's JSON mapping does: numbers beyond 2^53 and bytes (base64) in quotes, variants by name
    [exit 2]
    "##);
    insta::assert_snapshot!(refused(r#"[1]"#), @r##"
    error: this is no PlaceOrder
      cause: invalid type: sequence, expected a map
      help: write an object with the fields of the message
    [exit 2]
    "##);
    insta::assert_snapshot!(refused(r#"{"customer": Ann}"#), @r##"
    error: the message is no JSON
      cause: expected value at line 1 column 14
      help: write an object such as '{"name": "world"}', in quotes that keep it from the shell
    [exit 2]
    "##);
}

#[test]
fn what_has_no_descriptor_says_why_and_takes_bytes() {
    let subject = subject::<Hidden>();
    let refused = subject.encode(&json("{}"), None).unwrap_err();
    insta::assert_snapshot!(read(&refused), @r##"
    error: JSON cannot be made a message of it
      cause: Shop.Hidden is opaque: its author wrote #[quibus(opaque)]
      help: give the encoded message with --raw
    [exit 2]
    "##);
    let (bytes, key) = subject.encode(&Payload::Raw(vec![8, 1]), None).unwrap();
    assert_eq!((&bytes[..], key.is_empty()), (&[8, 1][..], true));
    let event = subject
        .be(quibus::message::MessageKind::Command)
        .unwrap_err();
    insta::assert_snapshot!(read(&event), @r##"
    error: Shop.Hidden is an event
      help: publish it: quibus publish Shop.Hidden
    [exit 2]
    "##);
    let unknown = Subject::unknown(RawType::new("Shop.Unknown").unwrap());
    let refused = unknown.encode(&json("{}"), None).unwrap_err();
    insta::assert_snapshot!(read(&refused), @r##"
    error: JSON cannot be made a message of it
      cause: nobody has described Shop.Unknown
      help: give the encoded message with --raw
    [exit 2]
    "##);
}

#[test]
fn a_key_that_nothing_can_match_is_refused() {
    let subject = subject::<PlaceOrder>();
    let key = |text: &str| quibus::BindingKey::parse(text).unwrap();
    for fine in ["#", "Ann.#", "Ann.*.*.true"] {
        assert!(subject.can_match(&key(fine)).is_ok(), "{fine}");
    }
    let refused = subject.can_match(&key("Ann.0.*.true.x")).unwrap_err();
    insta::assert_snapshot!(read(&refused), @r##"
    error: no Shop.PlaceOrder matches this key
      cause: the type has 4 routing fields, the key asks for 5
      help: join the values of its routing fields by dots; a dot within a value is written \.
    [exit 2]
    "##);
}

#[test]
fn people_and_scripts_read_a_reply() {
    let subject = subject::<PlaceOrder>();
    let reply = subject
        .described()
        .unwrap()
        .show_reply(&line("A").encode_to_vec());
    let shown = |form| send_command::render(&subject, &reply, form);
    insta::assert_snapshot!(shown(OutputForm::Text), @r##"
    {
      "parts": [],
      "sku": "A"
    }
    "##);
    insta::assert_snapshot!(shown(OutputForm::Json), @r##"{"apiVersion":"quibus/v1","kind":"Reply","reply":{"parts":[],"sku":"A"},"type":"Shop.PlaceOrder"}"##);
    let garbage = subject.described().unwrap().show_reply(&[0xff]);
    let shown = send_command::render(&subject, &garbage, OutputForm::Json);
    insta::assert_snapshot!(shown, @r##"{"apiVersion":"quibus/v1","because":"failed to decode Protobuf message: invalid varint","kind":"Reply","replyHex":"ff","type":"Shop.PlaceOrder"}"##);
}

#[test]
fn people_and_scripts_read_why_a_command_was_rejected() {
    let subject = subject::<PlaceOrder>();
    let rejected = |error: OrderError| {
        let error = SendError::Rejected(RawError(error.to_wire().unwrap()));
        send_failure::complaint(&subject, &error)
    };
    let carrying = rejected(OrderError::UnknownSku("A9".into()));
    insta::assert_snapshot!(read(&carrying), @r##"
    error: Shop.PlaceOrder was rejected: UnknownSku (code 404)
      cause: sku A9 is not sold here
      cause: it carries "A9"
      help: it is the handler's own answer: what it means is part of the command's contract
    [exit 6]
    "##);
    insta::assert_snapshot!(carrying.render(OutputForm::Json), @r##"{"apiVersion":"quibus/v1","causes":["sku A9 is not sold here","it carries \"A9\""],"error":"Shop.PlaceOrder was rejected: UnknownSku (code 404)","help":"it is the handler's own answer: what it means is part of the command's contract","kind":"Error","rejection":{"code":404,"details":"A9","text":"sku A9 is not sold here","variant":"UnknownSku"}}"##);
    insta::assert_snapshot!(read(&rejected(OrderError::Closed)), @r##"
    error: Shop.PlaceOrder was rejected: Closed (code 410)
      cause: the shop is closed
      help: it is the handler's own answer: what it means is part of the command's contract
    [exit 6]
    "##);
    let unknown = Subject::unknown(RawType::new("Shop.Unknown").unwrap());
    let error = OrderError::UnknownSku("A9".into()).to_wire().unwrap();
    let rejected = send_failure::complaint(&unknown, &SendError::Rejected(RawError(error)));
    insta::assert_snapshot!(read(&rejected), @r##"
    error: Shop.Unknown was rejected: code 404
      cause: sku A9 is not sold here
      help: it is the handler's own answer: what it means is part of the command's contract
    [exit 6]
    "##);
}

#[test]
fn every_other_end_of_a_command_has_a_cure_and_a_code() {
    let subject = subject::<PlaceOrder>();
    let ended = |error: SendError<RawError>| read(&send_failure::complaint(&subject, &error));
    let command = "Shop.PlaceOrder";
    let peers = ["Shop.0", "Shop.1"].map(|id| quibus::PeerId::new(id).unwrap());
    insta::assert_snapshot!(ended(SendError::NoPeer { command }), @r##"
    error: Shop.PlaceOrder was not answered
      cause: no peer handles Shop.PlaceOrder: start a service that does, or check its name and binding keys
      help: see who handles what with `quibus subscriptions`, and who would get it with `quibus routes`
    [exit 3]
    "##);
    insta::assert_snapshot!(ended(SendError::ManyPeers { command, peers: peers.into() }), @r##"
    error: Shop.PlaceOrder was not answered
      cause: 2 peers handle Shop.PlaceOrder (Shop.0, Shop.1): choose one with .to(peer), or declare deliver = "any"
      help: name one of them with --to
    [exit 1]
    "##);
    insta::assert_snapshot!(ended(SendError::TimedOut { sent: true }), @r##"
    error: Shop.PlaceOrder was not answered
      cause: no outcome came in time; it may have been handled
      help: wait longer with --timeout
    [exit 4]
    "##);
    insta::assert_snapshot!(ended(SendError::Undecodable { text: "a\u{1b}[31m".into() }), @r##"
    error: Shop.PlaceOrder was not answered
      cause: it could not be decoded: a\u{1b}[31m; both sides need the same definition of it
      help: its handler was built from other code, or what was given with --raw is no message of the type
    [exit 1]
    "##);
}

#[test]
fn people_and_scripts_read_how_many_get_an_event() {
    let told = |queued, missed, form| {
        let printed = publish_event::printed("Shop.Sold", Published { queued, missed }, form);
        format!("{}[exit {}]", printed.text, printed.status.code())
    };
    insta::assert_snapshot!(told(0, 0, OutputForm::Text), @r##"
    nobody wants it: queued for 0 peers
    [exit 3]
    "##);
    insta::assert_snapshot!(told(1, 0, OutputForm::Text), @r##"
    queued for 1 peer
    [exit 0]
    "##);
    insta::assert_snapshot!(told(3, 2, OutputForm::Text), @r##"
    queued for 3 peers, skipped for 2 peers, too slow to take it
    [exit 0]
    "##);
    insta::assert_snapshot!(told(3, 2, OutputForm::Json), @r##"
    {"apiVersion":"quibus/v1","kind":"Published","missed":2,"queued":3,"type":"Shop.Sold"}
    [exit 0]
    "##);
}

#[test]
fn an_event_is_a_line_for_people_and_an_object_for_scripts() {
    let subject = subject::<PlaceOrder>();
    let heard = |message| TailedEvent {
        at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123),
        sender: quibus::PeerId::new("Seattle.0").unwrap(),
        message_type: "Shop.PlaceOrder",
        message,
    };
    let escaping = PlaceOrder {
        customer: "a\u{1b}[31m\u{85}".into(),
        ..PlaceOrder::default()
    };
    let event = heard(subject.show(&escaping.encode_to_vec()));
    insta::assert_snapshot!(event.render(OutputForm::Text), @r##"22:13:20.123  Seattle.0  Shop.PlaceOrder  {"by_name":{},"coupons":[],"customer":"a\u001b[31m\u{85}","discount":0.0,"floors":[],"lines":[],"seal":"","skies":{},"sky":"Unknown"}"##);
    insta::assert_snapshot!(event.render(OutputForm::Json), @r##"{"apiVersion":"quibus/v1","kind":"Event","message":{"by_name":{},"coupons":[],"customer":"a\u001b[31m","discount":0.0,"floors":[],"lines":[],"seal":"","skies":{},"sky":"Unknown"},"sender":"Seattle.0","time":"2023-11-14T22:13:20.123Z","type":"Shop.PlaceOrder"}"##);
    let hidden = heard(self::subject::<Hidden>().show(&[8, 1]));
    insta::assert_snapshot!(hidden.render(OutputForm::Text), @r##"22:13:20.123  Seattle.0  Shop.PlaceOrder  0801"##);
    insta::assert_snapshot!(hidden.render(OutputForm::Json), @r##"{"apiVersion":"quibus/v1","because":"Shop.Hidden is opaque: its author wrote #[quibus(opaque)]","kind":"Event","messageHex":"0801","sender":"Seattle.0","time":"2023-11-14T22:13:20.123Z","type":"Shop.PlaceOrder"}"##);
}

#[test]
fn no_damage_to_a_descriptor_makes_the_tool_panic() {
    let described = PlaceOrder::describe();
    let bytes = order().encode_to_vec();
    let schema = described.schema.clone().unwrap();
    for at in 0..schema.file.len() {
        for with in [0, 0x7f, 0xff] {
            let mut file = schema.file.to_vec();
            file[at] = with;
            let mut damaged = described.clone();
            let schema = damaged.schema.as_mut().unwrap();
            schema.file = file.into();
            let subject = Subject::of(damaged).unwrap();
            let _ = subject.show(&bytes).in_a_line();
            let _ = subject.encode(&json(r#"{"customer": "Ann", "x": {}}"#), None);
        }
    }
}

#[test]
fn a_shape_for_scripts_has_always_the_same_fields() {
    let subject = subject::<PlaceOrder>();
    let reply = subject
        .described()
        .unwrap()
        .show_reply(&line("A").encode_to_vec());
    let sent = send_command::render(&subject, &reply, OutputForm::Json);
    let sent: Value = serde_json::from_str(&sent).unwrap();
    let shape = crate::scene::shape(&sent);
    insta::assert_snapshot!(shape, @r##"{ apiVersion: text, kind: text, reply: { parts: [], sku: text }, type: text }"##);
}
