//! Reading a lane's stream: cut anywhere, and from hostile peers.

use bytes::{BufMut, Bytes, BytesMut};
use proptest::prelude::*;
use tokio::time::{Duration, Instant};

use crate::session::control::Ack;
use crate::session::kind;
use crate::session::lane_id::LaneId;
use crate::session::lane_reader::{LaneReader, Read};
use crate::session::lane_writer::{LaneWriter, WireType};
use crate::session::parcel::Item;
use crate::session::violation::Violation;
use crate::wire::{put_bytes, put_varint};

const TYPES: [WireType; 2] = [
    WireType {
        name: "test.First",
        codec: 0,
    },
    WireType {
        name: "test.Second",
        codec: 1,
    },
];
const ACK: Ack = Ack {
    lane: LaneId::OUTCOMES,
    taken: 77,
    credit: 1 << 23,
};

/// A stream with a frame of every kind, and kinds that nobody knows.
fn stream(clock: Instant) -> Bytes {
    let mut out = BytesMut::new();
    let mut writer = LaneWriter::new(clock);
    LaneWriter::put_open(&mut out, LaneId::DEFAULT, "default", 40);
    ACK.put_frame(&mut out);
    let deadline = Some(clock + Duration::from_millis(1500));
    for (number, len) in [(0_u32, 3), (1, 300), (0, 0), (1, 2000)] {
        writer.announce(&mut out, &TYPES, number % 2);
        let command = len > 100;
        let kind = if command {
            kind::COMMAND
        } else {
            kind::EVENT | kind::HEADERS
        };
        writer.put_head(
            &mut out,
            kind,
            number % 2,
            deadline.filter(|_| command),
            len,
        );
        out.put_bytes(len as u8, len);
        if number == 0 {
            put_bytes(&mut out, &[0xc5, 1, 2, 3]);
            put_bytes(&mut out, &[0x33, 1, 2, 3]);
            LaneWriter::put_skip(&mut out, 4);
        }
    }
    writer.put_head(&mut out, kind::OUTCOME, 0, None, 5);
    out.put_slice(b"ended");
    LaneWriter::put_missed(&mut out, 9);
    out.freeze()
}

/// What a stream says: (kind, count, type, deadline, body) of every item, in all parcels.
type Said = Vec<(u8, u64, Option<String>, Option<Instant>, Vec<u8>)>;

fn read_all(chunks: impl Iterator<Item = Vec<Bytes>>, clock: Instant) -> (Said, Vec<Ack>, u64) {
    let mut reader = LaneReader::new();
    let (mut said, mut acks, mut next) = (Said::new(), Vec::new(), 0);
    for chunks in chunks {
        let Read { parcel, acks: more } = reader.read(chunks, clock).expect("legal frames");
        acks.extend(more);
        let names = |item: &Item| {
            parcel
                .received_type(item)
                .map(|known| known.name.to_string())
        };
        for item in &parcel.items {
            let typed = !matches!(item.plain_kind(), kind::OUTCOME) && item.count() == 1;
            let name = names(item).filter(|_| typed && item.len() > 0);
            let body = parcel.body(item).to_vec();
            assert_eq!(parcel.shared_body(item), body);
            match said.last_mut() {
                // A parcel's end may part what one parcel tells in one.
                Some(last) if (last.0, item.kind) == (kind::SKIP, kind::SKIP) => {
                    last.1 += item.count();
                }
                _ => said.push((item.kind, item.count(), name, parcel.deadline(item), body)),
            }
        }
        if !parcel.items.is_empty() {
            next = parcel.first + parcel.items.iter().map(Item::numbers).sum::<u64>();
        }
    }
    (said, acks, next)
}

#[test]
fn frames_cut_at_every_byte_say_the_same() {
    let clock = Instant::now();
    let stream = stream(clock);
    let whole = read_all([vec![stream.clone()]].into_iter(), clock);
    assert_eq!(whole.0.len(), 8);
    assert_eq!(
        (whole.1.as_slice(), whole.2),
        ([ACK].as_slice(), 40 + 4 + 2 * 5 + 2)
    );
    for at in 0..=stream.len() {
        let (left, right) = (stream.slice(..at), stream.slice(at..));
        let two_reads = [vec![left.clone()], vec![right.clone()]];
        assert_eq!(
            read_all(two_reads.into_iter(), clock),
            whole,
            "two reads, cut at {at}"
        );
        let one_read = [vec![left, right]];
        assert_eq!(
            read_all(one_read.into_iter(), clock),
            whole,
            "two chunks, cut at {at}"
        );
    }
    let bytes = (0..stream.len()).map(|at| vec![stream.slice(at..=at)]);
    assert_eq!(read_all(bytes, clock), whole, "byte by byte");
}

#[test]
fn a_deadline_counts_on_the_links_clock() {
    let clock = Instant::now();
    let here = clock + Duration::from_secs(60);
    let (said, ..) = read_all([vec![stream(clock)]].into_iter(), here);
    let command = said.iter().find(|said| said.0 == kind::COMMAND);
    let deadline = command.and_then(|said| said.3);
    assert_eq!(deadline, Some(here + Duration::from_millis(1500)));
}

#[test]
fn events_are_read_whatever_the_length_of_their_length() {
    let mut out = BytesMut::new();
    let mut writer = LaneWriter::new(Instant::now());
    LaneWriter::put_open(&mut out, LaneId::DEFAULT, "default", 0);
    writer.announce(&mut out, &TYPES, 0);
    let lens = [9, 125, 126, 16_381, 16_382, 20_000, 20_000, 9, 9];
    for len in lens {
        writer.put_head(&mut out, kind::EVENT, 0, None, len);
        out.put_bytes(7, len);
    }
    let stream = out.freeze();
    for size in [7, 1_000, stream.len()] {
        let pieces = (0..stream.len()).step_by(size);
        let chunks = pieces.map(|at| vec![stream.slice(at..stream.len().min(at + size))]);
        let (said, _, next) = read_all(chunks, Instant::now());
        let read: Vec<_> = said.iter().map(|said| (said.0, said.4.len())).collect();
        assert_eq!(read, lens.map(|len| (kind::EVENT, len)));
        assert_eq!(next, lens.len() as u64);
    }
}

/// The beginning of a stream, and so many events of one type, whose bodies are their numbers.
fn events(numbers: std::ops::Range<u32>, opened: bool, out: &mut BytesMut) {
    let mut writer = LaneWriter::new(Instant::now());
    if opened {
        LaneWriter::put_open(out, LaneId::DEFAULT, "default", 0);
        writer.announce(out, &TYPES, 0);
    }
    for number in numbers {
        writer.put_head(out, kind::EVENT, 0, None, 4);
        out.put_u32_le(number);
    }
}

/// For how many items there is room at first follows from the read before: so it ends anywhere.
#[test]
fn a_run_of_events_is_read_whole_and_summed_up_wherever_its_room_ends() {
    for before in 0..40 {
        for len in (1..60).chain([500, 3_000]) {
            let mut chunks = [BytesMut::new(), BytesMut::new()];
            events(0..before, true, &mut chunks[0]);
            events(before..before + len, false, &mut chunks[1]);
            // What is no plain event of that type, behind the run.
            LaneWriter::put_skip(&mut chunks[1], 2);
            let mut reader = LaneReader::new();
            let [first, second] = chunks.map(|chunk| {
                let read = reader.read(vec![chunk.freeze()], Instant::now());
                read.expect("legal frames").parcel
            });
            assert_eq!(first.items.len(), before as usize);
            let (skip, run) = second.items.split_last().expect("some items");
            assert_eq!((skip.kind, skip.count()), (kind::SKIP, 2));
            assert_eq!(run.len(), len as usize, "after {before}");
            for (item, number) in run.iter().zip(before..) {
                assert_eq!(second.body(item), number.to_le_bytes());
                assert_eq!((item.kind, item.type_index), (kind::EVENT, 0));
            }
            let numbers = u64::from(len) + 2;
            assert_eq!(
                (second.first, second.items.numbers()),
                (u64::from(before), numbers)
            );
            assert_eq!(second.items.cost(), (u64::from(len) + 1) * 128);
            assert!(!second.items.are_alike());
        }
    }
}

fn refusal(frames: &[&[u8]]) -> String {
    let mut out = BytesMut::new();
    frames.iter().for_each(|frame| put_bytes(&mut out, frame));
    let read = LaneReader::new().read(vec![out.freeze()], Instant::now());
    read.expect_err("refused").to_string()
}

#[test]
fn what_breaks_the_format_is_refused() {
    const OPEN: &[u8] = &[kind::OPEN, 5, 1, b'a', 0];
    const TYPE: &[u8] = &[kind::ANNOUNCE, 0, 0, 1, b'a'];
    let cases: [(&[&[u8]], &str); 12] = [
        (&[TYPE], "without saying which"),
        (&[OPEN, OPEN], "opened twice"),
        (&[&[kind::OPEN, 0, 1, b'a', 0]], "meaningless"),
        (&[OPEN, &[kind::EVENT, 0, 1]], "unannounced type"),
        (&[OPEN, TYPE, &[kind::EVENT, 1, 1]], "at most 0"),
        (&[OPEN, TYPE, TYPE], "out of turn"),
        (&[OPEN, &[kind::SKIP, 0]], "meaningless value 0"),
        (&[OPEN, &[kind::SKIP, 1, 1]], "follow the end"),
        (&[OPEN, &[kind::OUTCOME, 5, 1]], "inside an outcome"),
        (&[OPEN, &[0xff]], "ends inside"),
        (&[OPEN, &[]], "meaningless value 0"),
        (&[OPEN, TYPE, &[kind::COMMAND, 0]], "ends inside"),
    ];
    for (frames, part) in cases {
        let text = refusal(frames);
        assert!(text.contains(part), "{frames:?}: {text}");
    }
    let mut last = BytesMut::new();
    last.put_slice(&[kind::OPEN, 5, 1, b'a']);
    put_varint(&mut last, u64::MAX);
    let text = refusal(&[&last, &[kind::MISSED, 1]]);
    assert!(text.contains("ran over"), "{text}");
    let mut skip = BytesMut::from(&[kind::SKIP][..]);
    put_varint(&mut skip, u64::MAX);
    let text = refusal(&[OPEN, TYPE, &skip, &[kind::EVENT, 0, 1]]);
    assert!(text.contains("ran over"), "{text}");
}

#[test]
fn a_frame_longer_than_allowed_is_refused_by_its_length_alone() {
    let mut out = BytesMut::new();
    put_varint(&mut out, kind::MAX_FRAME as u64 + 1);
    let read = LaneReader::new().read(vec![out.freeze()], Instant::now());
    assert!(matches!(read, Err(Violation::Wire(_))));
}

/// How a stream is cut: the length of the first piece, and whether each further one is twice as
/// long as the one before.
#[derive(Debug, Clone, Copy)]
struct Cut {
    first: usize,
    doubling: bool,
}

/// Reads a stream piece by piece and keeps all that comes; the most bytes held at a time.
fn most_held(stream: &Bytes, cut: Cut) -> u64 {
    let clock = Instant::now();
    let mut kept = Vec::new();
    let mut reader = LaneReader::new();
    let (mut held, mut peak) = (0, 0);
    let (mut at, mut size) = (0, cut.first);
    while at < stream.len() {
        let end = stream.len().min(at + size);
        let piece = vec![stream.slice(at..end)];
        at = end;
        if cut.doubling {
            size *= 2;
        }
        let handed_over = (piece.capacity() * size_of::<Bytes>()) as i64;
        let mut read = None;
        let info = allocation_counter::measure(|| read = reader.read(piece, clock).ok());
        peak = peak.max(held + info.bytes_max as i64 + handed_over);
        held += info.bytes_current + handed_over;
        kept.extend(read);
    }
    u64::try_from(peak.max(held)).unwrap_or(0)
}

fn repeated(frames: &[&[u8]], times: usize) -> Bytes {
    let mut out = BytesMut::new();
    put_bytes(&mut out, &[kind::OPEN, 5, 1, b'a', 0]);
    for _ in 0..times {
        frames.iter().for_each(|frame| put_bytes(&mut out, frame));
    }
    out.freeze()
}

#[test]
fn no_stream_makes_a_reader_hold_more_than_sixteen_times_its_bytes() {
    let mut types = BytesMut::new();
    put_bytes(&mut types, &[kind::OPEN, 5, 1, b'a', 0]);
    for number in 0..kind::MAX_TYPES as u64 {
        let mut frame = vec![kind::ANNOUNCE];
        put_varint(&mut frame, number);
        frame.extend([0, 0]);
        put_bytes(&mut types, &frame);
        put_bytes(&mut types, &[kind::EVENT, 0]);
    }
    let unknown = vec![0x33; 3 << 20];
    let mut events = BytesMut::new();
    put_bytes(&mut events, &[kind::OPEN, 5, 1, b'a', 0]);
    put_bytes(&mut events, &[kind::ANNOUNCE, 0, 0, 1, b'a']);
    (0..200_000).for_each(|_| put_bytes(&mut events, &[kind::EVENT, 0]));
    let attacks = [
        events.freeze(),
        repeated(&[&[kind::MISSED, 1]], 200_000),
        repeated(&[&[kind::MISSED, 1], &[kind::SKIP, 1]], 100_000),
        repeated(&[&[0xff, 1], &[kind::OUTCOME, 5, 1, 0]], 100_000),
        repeated(&[&[kind::ACK, 5, 1, 1]], 100_000),
        repeated(&[&[kind::OUTCOME, 5, 1, 0], &unknown], 5),
        types.freeze(),
    ];
    for (index, attack) in attacks.iter().enumerate() {
        // Smaller pieces than a packet's come with more bookkeeping of their caller than this.
        for first in [200, 1000, 64 << 10, 16 << 20] {
            for doubling in [false, true] {
                let cut = Cut { first, doubling };
                let held = most_held(attack, cut);
                let allowed = 16 * attack.len() as u64 + (64 << 10);
                assert!(
                    held <= allowed,
                    "attack {index}, {cut:?}: {held}, allowed {allowed}"
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes: Vec<u8>, cut in 0..64_usize, opened: bool) {
        let mut out = BytesMut::new();
        if opened {
            put_bytes(&mut out, &[kind::OPEN, 5, 1, b'a', 0]);
            put_bytes(&mut out, &[kind::ANNOUNCE, 0, 0, 1, b'a']);
        }
        out.extend_from_slice(&bytes);
        let stream = out.freeze();
        let cut = cut.min(stream.len());
        let mut reader = LaneReader::new();
        for piece in [stream.slice(..cut), stream.slice(cut..)] {
            if let Ok(read) = reader.read(vec![piece], Instant::now()) {
                let bodies = read.parcel.items.iter().map(|item| read.parcel.body(item).len());
                prop_assert!(bodies.sum::<usize>() <= stream.len());
            }
        }
    }

    #[test]
    fn frames_with_hostile_bodies_never_panic(frames in prop::collection::vec(
        (prop::sample::select(vec![1_u8, 2, 3, 0x13, 0x90, 0x91, 0x92, 0x93, 0x94, 0xd0, 0xd1, 0xff]),
         prop::collection::vec(0..130_u8, 0..6)), 0..20)
    ) {
        let mut out = BytesMut::new();
        put_bytes(&mut out, &[kind::OPEN, 5, 1, b'a', 0]);
        put_bytes(&mut out, &[kind::ANNOUNCE, 0, 0, 1, b'a']);
        for (kind, body) in frames {
            let frame: Vec<u8> = [kind].into_iter().chain(body).collect();
            put_bytes(&mut out, &frame);
        }
        let _ = LaneReader::new().read(vec![out.freeze()], Instant::now());
    }
}
