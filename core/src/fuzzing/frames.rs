//! Frames of the session protocol: control, outcomes, bootstrap.

use bytes::{Bytes, BytesMut};

use super::decoder::Decoder;
use super::format::Format;
use super::lanes;
use super::samples::peer;
use super::unsequenced::UnsequencedFrame;
use crate::dispatch::Verdict;
use crate::id::{IdTail, Incarnation};
use crate::message::WireError;
use crate::peers::{read_request, read_response, write_request, write_response};
use crate::session::{
    Ack, Control, Hello, LaneId, LanePosition, Memory, VERSION, frame_len, put_outcome_head,
    read_outcome,
};

pub(super) fn decoders() -> Vec<Decoder> {
    vec![
        Decoder::of::<ControlFrame>(),
        lanes::decoder(),
        Decoder::of::<OutcomeBody>(),
        Decoder::of::<Request>(),
        Decoder::of::<Response>(),
        Decoder::of::<UnsequencedFrame>(),
    ]
}

/// A frame of the control lane without its length.
struct ControlFrame;

impl Format for ControlFrame {
    type Value = Control;
    const NAME: &'static str = "frames/control";

    fn decode(bytes: &Bytes) -> Option<Control> {
        Control::decode(bytes).ok()
    }

    fn encode(control: &Control) -> Vec<u8> {
        let frame = control.encode();
        let head = frame_len(&frame).ok().flatten().map_or(0, |(head, _)| head);
        frame[head..].to_vec()
    }

    fn is_open(control: &Control) -> bool {
        matches!(control, Control::Unknown(_))
    }

    fn samples() -> Vec<Vec<u8>> {
        let lasts = LaneId::sequenced().zip((0..).map(|n| 1 << (4 * n)));
        let controls = [
            Control::Hello(Box::new(hello(false))),
            Control::Hello(Box::new(hello(true))),
            Control::Ack(Ack {
                lane: LaneId::DEFAULT,
                taken: 1_000,
                credit: 8 << 20,
            }),
            Control::Ping(77),
            Control::Pong(u64::MAX),
            Control::Goodbye,
            Control::Farewell(lasts.collect()),
            Control::Farewell(Vec::new()),
            Control::Unknown(0x33),
        ];
        controls.iter().map(Self::encode).collect()
    }
}

fn hello(known: bool) -> Hello {
    let position = |lane| LanePosition {
        lane,
        arrived: 1_000,
        taken: 990,
        credit: 8 << 20,
    };
    let positions = LaneId::sequenced().map(position);
    Hello {
        version: VERSION,
        environment: "prod".into(),
        peer: peer("Shop.0"),
        incarnation: Incarnation(300),
        dial: 7,
        ended: 5,
        mine: 2,
        yours: known.then_some(Memory {
            incarnation: Incarnation(41),
            number: 9,
        }),
        tail: IdTail::from_bits(0x0012_3456_789a_bcde),
        positions: positions.take(if known { 15 } else { 0 }).collect(),
    }
}

/// The body of an outcome: whose it is, and what became of the command.
struct OutcomeBody;

impl Format for OutcomeBody {
    type Value = (LaneId, u64, Verdict);
    const NAME: &'static str = "frames/outcome";

    fn decode(bytes: &Bytes) -> Option<Self::Value> {
        let (lane, number, rest) = read_outcome(bytes.clone()).ok()?;
        Some((lane, number, Verdict::decode(&rest).ok()?))
    }

    fn encode((lane, number, verdict): &Self::Value) -> Vec<u8> {
        let mut out = BytesMut::new();
        put_outcome_head(&mut out, *lane, *number, verdict.status());
        out.extend_from_slice(&verdict.encode()[1..]);
        out.to_vec()
    }

    fn is_open((_, _, verdict): &Self::Value) -> bool {
        let text = matches!(
            verdict,
            Verdict::Failed(_)
                | Verdict::Undecodable(_)
                | Verdict::Refused(_)
                | Verdict::BodyBroken(_)
        );
        text || matches!(verdict, Verdict::Reply(_) | Verdict::ReplyWithBody(..))
    }

    fn samples() -> Vec<Vec<u8>> {
        let rejected = WireError {
            code: 404,
            text: "there is no such order".into(),
            details: Bytes::from_static(b"\n\x02A9"),
        };
        let verdicts = [
            Verdict::Reply(Bytes::from_static(b"a reply")),
            Verdict::Rejected(rejected),
            Verdict::Failed("broken".into()),
            Verdict::Panicked,
            Verdict::Undecodable("no".into()),
            Verdict::Unhandled,
            Verdict::Refused("who?".into()),
            Verdict::Overloaded,
            Verdict::Expired,
            Verdict::Draining,
        ];
        let outcomes = verdicts.map(|verdict| (LaneId::DEFAULT, 300, verdict));
        outcomes.iter().map(Self::encode).collect()
    }
}

/// A request of somebody who is not registered yet.
struct Request;

impl Format for Request {
    type Value = (u64, String, Vec<u8>);
    const NAME: &'static str = "frames/bootstrap-request";

    fn decode(bytes: &Bytes) -> Option<Self::Value> {
        let (number, name, payload) = read_request(bytes).ok()?;
        Some((number, name.to_owned(), payload.to_vec()))
    }

    fn encode((number, name, payload): &Self::Value) -> Vec<u8> {
        write_request(*number, name, payload).to_vec()
    }

    fn is_open(_: &Self::Value) -> bool {
        true
    }

    fn samples() -> Vec<Vec<u8>> {
        let request = |name: &str| Self::encode(&(1, name.into(), b"payload".to_vec()));
        ["Quibus.Directory.Register", "", &"x".repeat(256)]
            .map(request)
            .to_vec()
    }
}

/// The answer to it, an outcome without the lane and number of a command.
struct Response;

impl Format for Response {
    type Value = (u64, Verdict);
    const NAME: &'static str = "frames/bootstrap-response";

    fn decode(bytes: &Bytes) -> Option<Self::Value> {
        let (number, outcome) = read_response(bytes).ok()?;
        let verdict = Verdict::decode(&bytes.slice_ref(outcome)).ok()?;
        Some((number, verdict))
    }

    fn encode((number, verdict): &Self::Value) -> Vec<u8> {
        write_response(*number, &verdict.encode()).to_vec()
    }

    fn is_open((_, verdict): &Self::Value) -> bool {
        OutcomeBody::is_open(&(LaneId::DEFAULT, 0, verdict.clone()))
    }

    fn samples() -> Vec<Vec<u8>> {
        let reply = Verdict::Reply(Bytes::from_static(b"\x08\x07"));
        [reply, Verdict::Panicked]
            .map(|verdict| Self::encode(&(1, verdict)))
            .to_vec()
    }
}
