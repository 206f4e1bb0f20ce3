//! What messages that wait in their lane keep of what they came in.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use crate::session::inbound::Inbound;
use crate::session::kind;
use crate::session::lane_bounds::{FRAME, LOOSE, memory_of};
use crate::session::lane_id::LaneId;
use crate::session::lane_reader::LaneReader;
use crate::session::lane_writer::{LaneWriter, WireType};
use crate::session::link_id::LinkId;
use crate::session::memory_budget::MemoryBudget;
use crate::session::outbound::LANE_COST;
use crate::session::parcel::Parcel;
use crate::session::retained::BATCH;
use crate::session::window::{LANE_SHARE, Window};
use crate::wire::{put_str, put_varint};

const LINK: LinkId = LinkId(1);
const LEN: usize = 128;

/// A lane's stream whose reads lie in batches in which other lanes had all the rest.
pub(super) struct Stream {
    writer: LaneWriter,
    reader: LaneReader,
    number: u64,
}

impl Stream {
    pub(super) fn new() -> Self {
        let mut opening = BytesMut::new();
        LaneWriter::put_open(&mut opening, LaneId::DEFAULT, "default", 0);
        let mut writer = LaneWriter::new(Instant::now());
        let known = [WireType {
            name: "test.Event",
            codec: 1,
        }];
        writer.announce(&mut opening, &known, 0);
        let mut reader = LaneReader::new();
        let read = reader.read(vec![opening.freeze()], Instant::now());
        assert!(read.expect("legal frames").parcel.items.is_empty());
        Self {
            writer,
            reader,
            number: 0,
        }
    }

    /// A read of as many events as there are chunks, each in a batch of its own.
    pub(super) fn receive(&mut self, inn: &mut Inbound, chunks: usize) -> bool {
        let mut batch = || {
            let mut frame = BytesMut::new();
            let writer = &self.writer;
            writer.put_head(&mut frame, kind::EVENT, 0, None, LEN);
            frame.resize(frame.len() + LEN, self.number as u8);
            self.number += 1;
            let mut batch = vec![0; BATCH as usize];
            batch[..frame.len()].copy_from_slice(&frame);
            Bytes::from(batch).slice(..frame.len())
        };
        let chunks = (0..chunks).map(|_| batch()).collect();
        let read = self.reader.read(chunks, Instant::now());
        let parcel = read.expect("legal frames").parcel;
        inn.receive(LINK, parcel).is_ok()
    }
}

/// Takes all that is parked; how many messages that were, each of which has to be whole.
fn take_all(inn: &mut Inbound) -> u64 {
    let mut number = 0;
    while let Some(run) = inn.front() {
        assert_eq!(run.sequence, number);
        let parcel = run.parcel.clone();
        let item = &run.items()[0];
        assert_eq!(parcel.body(item), [number as u8; LEN]);
        inn.take(1);
        number += 1;
    }
    number
}

#[test]
fn small_messages_that_wait_keep_no_more_than_the_table_counts_for_them() {
    for chunks in [1, 2, 5] {
        const COUNT: u64 = 2_000;
        let mut inn = Inbound::new(LaneId::DEFAULT, Window::whole());
        inn.attach(LINK, 0);
        let mut stream = Stream::new();
        let counted = allocation_counter::measure(|| {
            while stream.number < COUNT {
                assert!(stream.receive(&mut inn, chunks));
            }
        });
        let most = memory_of(COUNT * LEN as u64) + LOOSE;
        let most = i64::try_from(most).expect("a small number");
        let (now, peak) = (counted.bytes_current, counted.bytes_max as i64);
        assert!(now <= most, "{now} of {most} bytes, {chunks} chunks a read");
        assert!(
            peak <= 2 * most,
            "{peak} of {most} bytes, {chunks} chunks a read"
        );
        assert_eq!(inn.parked_cost(), COUNT * LEN as u64);
        assert_eq!(take_all(&mut inn), COUNT);
        assert_eq!(inn.parked_cost(), 0);
    }
}

const TYPES: usize = 4096;
const NAME: usize = 200;

/// The name of a type that a stream has announced.
fn type_name(stream: u64, number: usize) -> String {
    format!("{stream:x<96}.{number:x<103}")
}

/// What a stream brings that announces as many types as it may, and of one a single command.
fn stream_of_one(number: u64) -> Parcel {
    let mut bytes = BytesMut::new();
    LaneWriter::put_open(&mut bytes, LaneId::DEFAULT, "default", number);
    for index in 0..TYPES {
        let mut frame = BytesMut::from(&[kind::ANNOUNCE][..]);
        put_varint(&mut frame, index as u64);
        frame.extend_from_slice(&[1]);
        put_str(&mut frame, &type_name(number, index));
        put_varint(&mut bytes, frame.len() as u64);
        bytes.extend_from_slice(&frame);
    }
    let deadline = 0;
    let head = [kind::COMMAND, number as u8, deadline];
    put_varint(&mut bytes, (head.len() + LEN) as u64);
    bytes.extend_from_slice(&head);
    bytes.resize(bytes.len() + LEN, number as u8);
    let read = LaneReader::new().read(vec![bytes.freeze()], Instant::now());
    read.expect("legal frames").parcel
}

/// Their link may have ended with each of them, or only the stream.
#[test]
fn what_ended_streams_have_left_parked_keeps_only_the_types_that_it_names() {
    const STREAMS: u64 = 100;
    for same_link in [false, true] {
        let mut inn = Inbound::new(LaneId::DEFAULT, Window::whole());
        let counted = allocation_counter::measure(|| {
            for number in 0..STREAMS {
                inn.attach(LINK, 0);
                assert_eq!(inn.receive(LINK, stream_of_one(number)), Ok(true));
                match same_link {
                    true => inn.let_stream_go(),
                    false => inn.detach(),
                }
            }
        });
        let most = i64::try_from(memory_of(STREAMS * LEN as u64)).expect("a small number");
        let now = counted.bytes_current;
        assert!(now <= most, "{now} of {most} bytes, same link {same_link}");
        assert!(now > STREAMS as i64 * (LEN + NAME) as i64);

        let mut number = 0;
        while let Some(run) = inn.front() {
            let item = &run.items()[0];
            let named = run.parcel.received_type(item).map(|named| &*named.name);
            assert_eq!(named, Some(&*type_name(number, number as usize)));
            assert_eq!(run.parcel.body(item), [number as u8; LEN]);
            inn.take(1);
            number += 1;
        }
        assert_eq!(number, STREAMS);
    }
}

/// As long as a stream lives, the types that it has announced are counted with its link.
#[test]
fn what_waits_behind_streams_of_many_types_is_put_together_all_the_same() {
    const STREAMS: u64 = 100;
    let mut inn = Inbound::new(LaneId::DEFAULT, Window::whole());
    inn.attach(LINK, 0);
    (0..STREAMS).for_each(|number| {
        assert_eq!(inn.receive(LINK, stream_of_one(number)), Ok(true));
    });
    inn.let_stream_go();
    let mut parcels: Vec<_> = inn.parked.iter().map(|run| &run.parcel).collect();
    parcels.dedup_by(|one, other| Arc::ptr_eq(one, other));
    assert!(parcels.len() <= 2, "{} parcels", parcels.len());
}

#[test]
fn what_is_taken_at_once_is_never_copied() {
    let mut inn = Inbound::new(LaneId::DEFAULT, Window::whole());
    inn.attach(LINK, 0);
    let mut stream = Stream::new();
    for _ in 0..100 {
        assert!(stream.receive(&mut inn, 3));
        let chunks = inn.front().map(|run| run.parcel.chunks.len());
        assert_eq!(chunks, Some(3), "as it came");
        inn.take(3);
    }
}

#[test]
fn the_rest_of_a_read_of_which_dispatch_took_most_keeps_only_itself() {
    let mut inn = Inbound::new(LaneId::DEFAULT, Window::whole());
    inn.attach(LINK, 0);
    let mut stream = Stream::new();
    assert!(stream.receive(&mut inn, 30));
    inn.take(28);
    let rest = inn.front().expect("the rest");
    assert_eq!((rest.items().len(), rest.sequence), (2, 28));
    assert!(rest.parcel.memory() < 1_000);
    assert_eq!(inn.parked_cost(), 2 * LEN as u64);
}

#[test]
fn what_is_parked_is_at_most_what_was_granted_and_a_frame() {
    for granted in [LANE_SHARE, LANE_COST] {
        let window = match granted {
            LANE_COST => Window::whole(),
            _ => Window::new(LaneId::DEFAULT, &MemoryBudget::default()),
        };
        let mut inn = Inbound::new(LaneId::DEFAULT, window);
        inn.attach(LINK, 0);
        let mut stream = Stream::new();
        while stream.receive(&mut inn, 32) {}
        assert!(inn.parked_cost() <= granted + FRAME);
        assert!(inn.parked_cost() + 32 * LEN as u64 > granted + FRAME);
    }
}

#[test]
fn what_ended_sessions_have_left_is_held_by_the_budget_for_as_long_as_it_is_parked() {
    let budget = MemoryBudget::default();
    let mut inn = Inbound::new(LaneId::DEFAULT, Window::new(LaneId::DEFAULT, &budget));
    let most = LANE_SHARE + FRAME;
    for _ in 0..3 {
        inn.attach(LINK, 0);
        let mut stream = Stream::new();
        while stream.receive(&mut inn, 32) {}
        inn.end_session();
        assert_eq!(budget.taken(), inn.parked_cost().saturating_sub(most));
    }
    assert!(budget.taken() > most);
    inn.take(32);
    assert_eq!(budget.taken(), inn.parked_cost() - most);
    while inn.front().is_some() {
        inn.take(usize::MAX);
    }
    assert_eq!(budget.taken(), 0);
}
