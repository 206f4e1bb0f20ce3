//! Bytes that must decode for ever. A test that fails here has found a change of the protocol.

use std::fmt::Write;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::time::{Duration, Instant};

use crate::id::{IdTail, Incarnation, PeerId};
use crate::session::control::{Ack, Control};
use crate::session::hello::{Hello, LanePosition, Memory, VERSION};
use crate::session::kind;
use crate::session::lane_id::LaneId;
use crate::session::lane_reader::LaneReader;
use crate::session::lane_writer::{LaneWriter, WireType};
use crate::session::{
    BodyWriter, UnsequencedRead, UnsequencedReader, unsequenced_command, unsequenced_opening,
    unsequenced_outcome,
};
use crate::wire::WireError;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("text grows");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).expect("hex"));
    digits
        .map(|pair| u8::from_str_radix(pair, 16).expect("hex"))
        .collect()
}

fn hello() -> Hello {
    let position = |lane, arrived, taken| {
        let credit = 8 << 20;
        LanePosition {
            lane,
            arrived,
            taken,
            credit,
        }
    };
    Hello {
        version: VERSION,
        environment: "prod".into(),
        peer: PeerId::new("Shop.0").expect("a legal id"),
        incarnation: Incarnation(300),
        dial: 7,
        ended: 5,
        mine: 2,
        yours: Some(Memory {
            incarnation: Incarnation(41),
            number: 9,
        }),
        tail: IdTail::from_bits(0x0012_3456_789a_bcde),
        positions: vec![
            position(LaneId::OUTCOMES, 3, 3),
            position(LaneId::DEFAULT, 1000, 990),
        ],
    }
}

const HELLO: &str = "2e040104\
     70726f6406\
     53686f702e30\
     ac020705022909\
     debc9a78563412\
     0002040303808080040\
     5e807de0780808004";

fn golden() -> Vec<(Control, &'static str)> {
    let ack = Ack {
        lane: LaneId::DEFAULT,
        taken: 300,
        credit: 8 << 20,
    };
    let lasts = vec![(LaneId::OUTCOMES, 1), (LaneId(16), 128)];
    vec![
        (Control::Hello(Box::new(hello())), HELLO),
        (Control::Ack(ack), "080305ac0280808004"),
        (Control::Ping(1500), "0305dc0b"),
        (Control::Pong(0), "020600"),
        (Control::Goodbye, "0107"),
        (Control::Farewell(lasts), "07080204011080 01"),
        (
            Control::BodyCredit {
                body: 300,
                up_to: 256 << 10,
            },
            "060bac02808010",
        ),
        (Control::BodyOver(300), "030cac02"),
        (Control::BodyCut(1), "020d01"),
        (Control::Unknown(0x77), "0177"),
    ]
}

#[test]
fn control_frames_keep_their_bytes() {
    for (control, text) in golden() {
        let text = text.replace(' ', "");
        assert_eq!(hex(&control.encode()), text, "{control:?}");
        let bytes = unhex(&text);
        assert_eq!(Control::decode(&bytes[1..]), Ok(control));
    }
}

#[test]
fn a_first_hello_knows_nothing_of_the_reader() {
    let first = Hello {
        yours: None,
        positions: vec![],
        ended: 0,
        ..hello()
    };
    let frame = Control::Hello(Box::new(first.clone())).encode();
    let text = "1e04010470726f640653686f702e30ac02070002000 0debc9a785634120000";
    assert_eq!(hex(&frame), text.replace(' ', ""));
    assert_eq!(
        Control::decode(&frame[1..]),
        Ok(Control::Hello(Box::new(first)))
    );
}

#[test]
fn a_control_frame_cut_short_or_with_more_behind_it_is_refused() {
    for (control, text) in golden() {
        let bytes = unhex(&text.replace(' ', ""));
        let known = !matches!(control, Control::Unknown(_));
        for cut in 1..bytes.len() {
            let decoded = Control::decode(&bytes[1..cut]);
            assert!(decoded.is_err(), "{control:?} cut at {cut}: {decoded:?}");
        }
        let longer = [&bytes[1..], &[0]].concat();
        assert_eq!(
            Control::decode(&longer) == Err(WireError::Trailing(1)),
            known
        );
    }
}

#[test]
fn a_hello_of_another_version_or_with_impossible_positions_is_refused() {
    let mut bytes = unhex(HELLO);
    bytes[2] = 2;
    let other = WireError::Meaningless {
        what: "version",
        value: 2,
    };
    assert_eq!(Control::decode(&bytes[1..]), Err(other));
    let mut taken_before_it_arrived = hello();
    taken_before_it_arrived.positions[0].taken = 4;
    let frame = Control::Hello(Box::new(taken_before_it_arrived)).encode();
    assert!(Control::decode(&frame[1..]).is_err());
}

/// One stream with every frame of a lane, frame by frame.
const STREAM: [&str; 9] = [
    "0b010507 64656661756c7405",
    "0703050a80808004",
    "0f0200010b73686f702e506c61636564",
    "0590000a0b0c",
    "04d0000161",
    "0691 00dc0b6869",
    "0692 0503006f6b",
    "039380 01",
    "029402",
];

#[test]
fn lane_frames_keep_their_bytes() {
    let clock = Instant::now();
    let mut out = BytesMut::new();
    let mut writer = LaneWriter::new(clock);
    let types = [WireType {
        name: "shop.Placed",
        codec: 1,
    }];
    LaneWriter::put_open(&mut out, LaneId::DEFAULT, "default", 5);
    Ack {
        lane: LaneId::DEFAULT,
        taken: 10,
        credit: 8 << 20,
    }
    .put_frame(&mut out);
    writer.announce(&mut out, &types, 0);
    writer.announce(&mut out, &types, 0);
    writer.put_head(&mut out, kind::EVENT, 0, None, 3);
    out.put_slice(&[10, 11, 12]);
    writer.put_head(&mut out, kind::EVENT | kind::HEADERS, 0, None, 2);
    out.put_slice(&[1, b'a']);
    let deadline = Some(clock + Duration::from_millis(1500));
    writer.put_head(&mut out, kind::COMMAND, 0, deadline, 2);
    out.put_slice(b"hi");
    writer.put_head(&mut out, kind::OUTCOME, 0, None, 5);
    crate::session::put_outcome_head(&mut out, LaneId::DEFAULT, 3, 0);
    out.put_slice(b"ok");
    LaneWriter::put_skip(&mut out, 128);
    LaneWriter::put_missed(&mut out, 2);
    assert_eq!(hex(&out), STREAM.concat().replace(' ', ""));
}

#[test]
fn a_command_with_a_body_and_the_body_s_stream_keep_their_bytes() {
    let mut out = BytesMut::new();
    let mut writer = LaneWriter::new(Instant::now());
    let types = [WireType {
        name: "shop.Store",
        codec: 1,
    }];
    writer.announce(&mut out, &types, 0);
    let announced = out.len();
    writer.put_head(&mut out, kind::COMMAND | kind::WITH_BODY, 0, None, 2);
    out.put_slice(b"hi");
    assert_eq!(hex(&out[announced..]), "0eb100ffffffffffffffffff016869");

    let mut whole = BodyWriter::new(300);
    whole.allow(5);
    whole.push(Bytes::from_static(b"hello"));
    whole.finish();
    let mut failed = BodyWriter::new(1);
    failed.fail("no disk");
    let written = |mut writer: BodyWriter| {
        let mut chunks = Vec::new();
        assert!(writer.take(&mut chunks));
        hex(&chunks.concat())
    };
    assert_eq!(written(whole), "030eac02060f68656c6c6f021005");
    assert_eq!(written(failed), "020e0108116e6f206469736b");
}

#[test]
fn lane_frames_decode_for_ever() {
    let stream = unhex(&STREAM.concat().replace(' ', ""));
    let clock = Instant::now();
    let mut reader = LaneReader::new();
    let read = reader
        .read(vec![Bytes::from(stream)], clock)
        .expect("legal frames");
    let opening = reader.opening().expect("an opening");
    assert_eq!(
        (opening.lane, &*opening.name, opening.first),
        (LaneId::DEFAULT, "default", 5)
    );
    assert_eq!(
        read.acks,
        [Ack {
            lane: LaneId::DEFAULT,
            taken: 10,
            credit: 8 << 20
        }]
    );
    let parcel = &read.parcel;
    let kinds: Vec<_> = parcel
        .items
        .iter()
        .map(|item| (item.kind, item.count()))
        .collect();
    let expected = [
        (0x90, 1),
        (0xd0, 1),
        (0x91, 1),
        (0x92, 1),
        (0x93, 128),
        (0x94, 2),
    ];
    assert_eq!(kinds, expected);
    let bodies: Vec<_> = parcel.items.iter().map(|item| parcel.body(item)).collect();
    let expected: [&[u8]; 6] = [
        &[10, 11, 12],
        &[1, b'a'],
        b"hi",
        &[5, 3, 0, b'o', b'k'],
        &[],
        &[],
    ];
    assert_eq!(bodies, expected);
    let known = parcel.received_type(&parcel.items[0]).expect("announced");
    assert_eq!((&*known.name, known.codec), ("shop.Placed", 1));
    assert_eq!(
        parcel.deadline(&parcel.items[2]),
        Some(clock + Duration::from_millis(1500))
    );
    let outcome = crate::session::read_outcome(parcel.shared_body(&parcel.items[3]));
    let expected = (LaneId::DEFAULT, 3, Bytes::from_static(b"\0ok"));
    assert_eq!(outcome, Ok(expected));
}

/// The streams of an unsequenced command and of its outcome, frame by frame.
const UNSEQUENCED: [&str; 2] = [
    "08121105766f746573",
    "1513ac0209 53686f702e566f7465 01 dc0b 0102030405",
];
const UNSEQUENCED_OUTCOME: &str = "071411ac02006f6b";

#[test]
fn unsequenced_frames_keep_their_bytes_and_decode_for_ever() {
    let write = |bytes: &'static [u8]| {
        move |out: &mut BytesMut| {
            out.put_slice(bytes);
            true
        }
    };
    let opening = unsequenced_opening(LaneId::UNSEQUENCED, "votes");
    let (kind, content) = (kind::UNSEQUENCED_COMMAND, &[1, 2, 3, 4, 5]);
    let command = unsequenced_command(300, kind, ("Shop.Vote", 1), 1500, 5, write(content));
    let outcome = unsequenced_outcome(6, |out| {
        crate::session::put_outcome_head(out, LaneId::UNSEQUENCED, 300, 0);
        write(b"ok")(out)
    });
    let written = [opening, command.expect("written")].map(|frame| hex(&frame));
    assert_eq!(written, UNSEQUENCED.map(|text| text.replace(' ', "")));
    assert_eq!(hex(&outcome.expect("written")), UNSEQUENCED_OUTCOME);

    let clock = Instant::now();
    let mut reader = UnsequencedReader::default();
    let mut read = |text: &str| {
        let frame = Bytes::from(unhex(&text.replace(' ', "")[2..]));
        reader.read(&frame, clock).expect("legal")
    };
    assert!(matches!(read(UNSEQUENCED[0]), UnsequencedRead::Nothing));
    let UnsequencedRead::Command(lane, parcel) = read(UNSEQUENCED[1]) else {
        panic!("no command");
    };
    let item = &parcel.items[0];
    let known = parcel.received_type(item).expect("named");
    assert_eq!((&*known.name, known.codec), ("Shop.Vote", 1));
    assert_eq!((lane, parcel.first), (LaneId::UNSEQUENCED, 300));
    assert_eq!((item.kind, parcel.body(item)), (0x91, &content[..]));
    assert_eq!(
        parcel.deadline(item),
        Some(clock + Duration::from_millis(1500))
    );
    let outcome = read(UNSEQUENCED_OUTCOME);
    let UnsequencedRead::Outcome(300, outcome) = outcome else {
        panic!("no outcome: {outcome:?}");
    };
    assert_eq!(&outcome[..], b"\0ok");
}
