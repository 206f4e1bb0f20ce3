//! A lane's stream of frames, in pieces as a network cuts them.

use bytes::{BufMut, Bytes, BytesMut};
use tokio::time::Instant;

use super::decoder::Decoder;
use crate::session::{Ack, LaneId, LaneReader, LaneWriter, WireType, kind, put_outcome_head};
use crate::wire::{put_bytes, put_varint};

/// Sizes of pieces, chosen by an input's first byte. Smaller pieces come with more bookkeeping of
/// their caller than of the reader.
const PIECES: [usize; 4] = [usize::MAX, 200, 1_000, 16 << 10];

/// Pieces that a network hands over at a time.
const CHUNKS: usize = 8;

/// Reads an input of the form: how it is cut (1 byte), a lane's stream.
pub(super) fn decoder() -> Decoder {
    Decoder {
        name: "frames/lane",
        factor: 16,
        decode: |input| match split(input) {
            Some((size, stream)) => read(&stream, size).is_some(),
            None => false,
        },
        verify,
        samples,
        densest,
    }
}

fn split(input: &Bytes) -> Option<(usize, Bytes)> {
    let cut = usize::from(*input.first()?);
    Some((PIECES[cut % PIECES.len()], input.slice(1..)))
}

/// The stream as a network cuts it.
fn pieces(stream: &Bytes, size: usize) -> impl Iterator<Item = Bytes> {
    let starts = (0..stream.len()).step_by(size);
    starts.map(move |at| stream.slice(at..stream.len().min(at.saturating_add(size))))
}

/// What was read, and nothing of how it was cut.
#[derive(Debug, PartialEq, Default)]
struct Content {
    lane: Option<(LaneId, Box<str>)>,
    frames: Vec<Frame>,
    acks: Vec<Ack>,
}

#[derive(Debug, PartialEq)]
struct Frame {
    kind: u8,
    type_name: Option<Box<str>>,
    count: u64,
    has_deadline: bool,
    body: Bytes,
}

/// Everything that came out of the stream, kept as a receiver that parks keeps it.
fn read(stream: &Bytes, size: usize) -> Option<Vec<crate::session::LaneRead>> {
    let clock = Instant::now();
    let mut reader = LaneReader::new();
    let mut kept = Vec::new();
    let pieces: Vec<_> = pieces(stream, size).collect();
    for chunks in pieces.chunks(CHUNKS) {
        kept.push(reader.read(chunks.to_vec(), clock).ok()?);
    }
    Some(kept)
}

/// However a stream is cut, the same comes out of it, and nothing of it if one cut is refused.
fn verify(input: &Bytes) {
    let Some((size, stream)) = split(input) else {
        return;
    };
    let whole = content(&stream, usize::MAX);
    // Byte by byte only where that is soon done.
    let small = if stream.len() < 512 { 1 } else { 61 };
    for size in [size, small, 7 * small] {
        let cut = content(&stream, size);
        assert_eq!(cut, whole, "frames/lane: {stream:02x?} in pieces of {size}");
    }
}

fn content(stream: &Bytes, size: usize) -> Option<Content> {
    let clock = Instant::now();
    let mut reader = LaneReader::new();
    let mut content = Content::default();
    for piece in pieces(stream, size) {
        let read = reader.read(vec![piece], clock).ok()?;
        content.acks.extend(&read.acks);
        for item in &read.parcel.items {
            let typed = matches!(item.plain_kind(), kind::EVENT | kind::COMMAND);
            let received = read.parcel.received_type(item).filter(|_| typed);
            assert!(received.is_some() || !typed, "a message without its type");
            let body = read.parcel.body(item);
            assert_eq!(body.len(), item.len(), "a body that is not where it lies");
            let frame = Frame {
                kind: item.kind,
                type_name: received.map(|received| (*received.name).into()),
                count: item.count(),
                has_deadline: read.parcel.deadline(item).is_some(),
                body: read.parcel.shared_body(item),
            };
            push(&mut content.frames, frame);
        }
    }
    content.lane = reader
        .opening()
        .map(|opening| (opening.lane, opening.name.clone()));
    Some(content)
}

/// Skips in a row are one skip, across pieces too.
fn push(frames: &mut Vec<Frame>, frame: Frame) {
    match frames.last_mut() {
        Some(last) if last.kind == kind::SKIP && frame.kind == kind::SKIP => {
            last.count += frame.count;
        }
        _ => frames.push(frame),
    }
}

const TYPES: [WireType; 2] = [
    WireType {
        name: "Shop.Closed",
        codec: 1,
    },
    WireType {
        name: "Shop.PlaceOrder",
        codec: 2,
    },
];

fn samples() -> Vec<Vec<u8>> {
    let clock = Instant::now();
    let mut writer = LaneWriter::new(clock);
    let mut out = BytesMut::new();
    LaneWriter::put_open(&mut out, LaneId::DEFAULT, "default", 300);
    let opened = out.to_vec();
    for (index, kind) in [(0, kind::EVENT), (1, kind::COMMAND)] {
        writer.announce(&mut out, &TYPES, index);
        let body = b"\x01\x02\x03\x04\x05\x06\x07\x08payload";
        writer.put_head(&mut out, kind, index, None, body.len());
        out.put_slice(body);
        let body = b"\x01\x02\x03\x04\x05\x06\x07\x08\x05\x01a\x021fpayload";
        writer.put_head(
            &mut out,
            kind | kind::HEADERS,
            index,
            Some(clock),
            body.len(),
        );
        out.put_slice(body);
    }
    LaneWriter::put_skip(&mut out, 9);
    LaneWriter::put_missed(&mut out, 1_000);
    let ack = Ack {
        lane: LaneId::OUTCOMES,
        taken: 17,
        credit: 8 << 20,
    };
    ack.put_frame(&mut out);
    // Kinds of a later version: one that counts in the lane, one that does not.
    put_bytes(&mut out, &[kind::SEQUENCED | 0x2f, 1, 2, 3]);
    put_bytes(&mut out, &[0x2f, 1, 2, 3]);
    let messages = out.to_vec();

    let mut outcome = BytesMut::new();
    put_outcome_head(&mut outcome, LaneId::DEFAULT, 300, 0);
    outcome.put_slice(b"reply");
    let mut out = BytesMut::new();
    LaneWriter::put_open(&mut out, LaneId::OUTCOMES, "", 0);
    writer.put_head(&mut out, kind::OUTCOME, 0, None, outcome.len());
    out.put_slice(&outcome);
    [opened, messages, out.to_vec()]
        .iter()
        .map(|stream| cut_as(0, stream))
        .collect()
}

/// Frames that cost most: the shortest that are kept, announcements, many acknowledgements.
fn densest() -> Vec<Vec<u8>> {
    let repeated = |frames: &[&[u8]]| {
        let mut out = BytesMut::new();
        LaneWriter::put_open(&mut out, LaneId::DEFAULT, "a", 0);
        for _ in 0..20_000 {
            frames.iter().for_each(|frame| put_bytes(&mut out, frame));
        }
        out.to_vec()
    };
    let mut types = BytesMut::new();
    LaneWriter::put_open(&mut types, LaneId::DEFAULT, "a", 0);
    for number in 0..kind::MAX_TYPES as u64 {
        let mut frame = vec![kind::ANNOUNCE];
        put_varint(&mut frame, number);
        frame.extend([0, 0]);
        put_bytes(&mut types, &frame);
        put_bytes(&mut types, &[kind::EVENT, 0]);
    }
    let streams = [
        repeated(&[&[kind::MISSED, 1]]),
        repeated(&[&[kind::MISSED, 1], &[kind::SKIP, 1]]),
        repeated(&[&[kind::OUTCOME, 5, 1, 0]]),
        repeated(&[&[kind::ACK, 5, 1, 1]]),
        types.to_vec(),
    ];
    let cuts = 0..PIECES.len() as u8;
    let all = streams.iter();
    all.flat_map(|stream| cuts.clone().map(|cut| cut_as(cut, stream)))
        .collect()
}

fn cut_as(cut: u8, stream: &[u8]) -> Vec<u8> {
    [&[cut], stream].concat()
}
