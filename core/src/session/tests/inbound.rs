//! The receiving half of a lane: what is new, what is parked, what is acknowledged.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use crate::session::inbound::{Inbound, MOST_LOOSE};
use crate::session::kind;
use crate::session::lane_bounds::{FRAME, LOOSE};
use crate::session::lane_id::LaneId;
use crate::session::lane_reader::LaneReader;
use crate::session::lane_writer::LaneWriter;
use crate::session::link_id::LinkId;
use crate::session::outbound::LANE_COST;
use crate::session::parcel::Parcel;
use crate::session::received_types::{ReceivedType, ReceivedTypes};
use crate::session::violation::Violation;
use crate::session::window::Window;

const LANE: LaneId = LaneId::DEFAULT;
const LINK: LinkId = LinkId(1);

/// One frame after another, from `first`: an outcome of so many bytes, or a skip.
#[derive(Clone, Copy)]
enum Frame {
    Body(usize),
    Skip(u64),
}

fn parcel(first: u64, frames: &[Frame]) -> Parcel {
    let mut out = BytesMut::new();
    let writer = LaneWriter::new(Instant::now());
    LaneWriter::put_open(&mut out, LANE, "default", first);
    for (frame, number) in frames.iter().zip(first..) {
        match *frame {
            Frame::Body(len) => {
                writer.put_head(&mut out, kind::OUTCOME, 0, None, len);
                out.resize(out.len() + len, number as u8);
            }
            Frame::Skip(count) => LaneWriter::put_skip(&mut out, count),
        }
    }
    let mut reader = LaneReader::new();
    let read = reader.read(vec![out.freeze()], Instant::now());
    read.expect("legal frames").parcel
}

fn lane() -> Inbound {
    let mut inn = Inbound::new(LANE, Window::whole());
    inn.attach(LINK, 0);
    inn
}

/// (first number, how many items) of every parked run.
fn parked(inn: &Inbound) -> Vec<(u64, usize)> {
    let runs = inn.parked.iter();
    runs.map(|run| (run.sequence, run.items.len())).collect()
}

use Frame::{Body, Skip};

#[test]
fn what_has_arrived_already_is_dropped_inside_a_skip_too() {
    let mut inn = lane();
    assert_eq!(inn.receive(LINK, parcel(0, &[Body(8), Body(8)])), Ok(true));
    assert_eq!(inn.receive(LINK, parcel(0, &[Body(8), Body(8)])), Ok(false));
    assert_eq!(inn.receive(LINK, parcel(1, &[Skip(3), Body(8)])), Ok(true));
    assert_eq!((inn.arrived, parked(&inn)), (5, vec![(0, 2), (2, 2)]));
    let skip = inn.parked[1].parcel.items[0];
    assert_eq!((skip.kind, skip.count()), (kind::SKIP, 2));
    assert_eq!(inn.receive(LINK, parcel(0, &[Skip(5)])), Ok(false));
    inn.take(2);
    inn.take(1);
    assert_eq!((inn.taken, parked(&inn)), (4, vec![(4, 1)]));
    inn.take(9);
    assert_eq!((inn.taken, inn.front().is_some()), (5, false));
    inn.take(1);
}

#[test]
fn a_stream_that_begins_after_what_has_arrived_breaks_the_protocol() {
    let mut inn = lane();
    let (lane, first, arrived) = (LANE, 2, 1);
    assert_eq!(inn.receive(LINK, parcel(0, &[Body(8)])), Ok(true));
    let hole = Err(Violation::Hole {
        lane,
        first,
        arrived,
    });
    assert_eq!(inn.receive(LINK, parcel(2, &[Body(8)])), hole);
    assert_eq!(inn.arrived, 1);
}

#[test]
fn frames_of_a_link_that_is_not_current_change_nothing() {
    let mut inn = lane();
    assert_eq!(inn.receive(LinkId(2), parcel(7, &[Body(8)])), Ok(false));
    inn.detach();
    assert_eq!(inn.receive(LINK, parcel(0, &[Body(8)])), Ok(false));
    assert_eq!((inn.arrived, inn.front().is_some()), (0, false));
}

#[test]
fn parked_frames_outlive_their_session_in_order_and_move_no_position() {
    let mut inn = lane();
    inn.receive(LINK, parcel(0, &[Body(8), Body(8)]))
        .expect("legal");
    inn.take(1);
    inn.end_session();
    assert_eq!((inn.taken, inn.arrived), (0, 0));
    inn.attach(LinkId(2), 0);
    inn.receive(LinkId(2), parcel(0, &[Body(9)]))
        .expect("legal");
    let epochs: Vec<_> = inn.parked.iter().map(|run| run.epoch).collect();
    assert_eq!(epochs, [0, 1]);
    inn.take(1);
    assert_eq!((inn.taken, inn.due_ack(LinkId(2))), (0, None));
    inn.take(1);
    assert_eq!(inn.due_ack(LinkId(2)).map(|ack| ack.taken), Some(1));
}

#[test]
fn an_acknowledgement_is_due_once_per_link() {
    let mut inn = lane();
    inn.receive(LINK, parcel(0, &[Body(8), Body(8)]))
        .expect("legal");
    assert_eq!(inn.due_ack(LINK), None);
    inn.take(1);
    assert_eq!(inn.due_ack(LinkId(2)), None);
    assert_eq!(inn.due_ack(LINK).map(|ack| ack.taken), Some(1));
    assert_eq!(inn.due_ack(LINK), None);
    inn.attach(LinkId(2), 0);
    assert_eq!(
        inn.due_ack(LinkId(2)).map(|ack| ack.taken),
        Some(1),
        "told again"
    );
    inn.attach(LinkId(3), 1);
    assert_eq!(inn.due_ack(LinkId(3)), None, "its Hello said so");
}

#[test]
fn an_eighth_of_the_window_is_urgent() {
    let mut inn = lane();
    let eighth = (LANE_COST / 8) as usize;
    inn.receive(LINK, parcel(0, &[Body(eighth - 1), Body(8)]))
        .expect("legal");
    inn.take(1);
    assert!(!inn.ack_is_urgent());
    inn.take(1);
    assert!(inn.ack_is_urgent());
    inn.due_ack(LINK);
    assert!(!inn.ack_is_urgent());
}

/// Bytes that parked runs keep, and those that the types take which they point to; what several lie
/// in only once.
fn memory_of_parked(inn: &Inbound) -> (u64, u64) {
    let mut parcels: Vec<_> = inn.parked.iter().map(|run| &run.parcel).collect();
    parcels.dedup_by(|one, other| Arc::ptr_eq(one, other));
    let types = parcels.iter().map(|parcel| parcel.types.memory() as u64);
    (
        parcels.iter().map(|parcel| parcel.memory()).sum(),
        types.sum(),
    )
}

#[test]
fn nobody_parks_more_than_a_bound_whatever_the_frames() {
    let tiny_in_large = |first| {
        let mut parcel = parcel(first, &[Body(8)]);
        parcel.chunks.push(Bytes::from(vec![0; 1 << 20]));
        parcel.retained += 1 << 20;
        parcel
    };
    let of_a_stream_of_many_types = |first| {
        let mut parcel = parcel(first, &[Body(100_000)]);
        let types = ReceivedTypes::default().grown_for(1_023).expect("many");
        let name: Arc<str> = "x".repeat(kind::MAX_TYPE_NAME).into();
        (0..1_024).for_each(|number| {
            let name = name.clone();
            types.enter(number, ReceivedType { name, codec: 1 });
        });
        parcel.types = Arc::new(types);
        parcel
    };
    let attacks: [&dyn Fn(u64) -> Parcel; 4] = [
        &|first| parcel(first, &[Body(100_000)]),
        &|first| parcel(first, &[Skip(1)]),
        &tiny_in_large,
        &of_a_stream_of_many_types,
    ];
    for attack in attacks {
        let mut inn = lane();
        let refused = (0..200_000).find(|first| inn.receive(LINK, attack(*first)).is_err());
        assert!(refused.is_some());
        let (held, types) = memory_of_parked(&inn);
        let most = 2 * (LANE_COST + FRAME) + LOOSE;
        let all = held.max(types);
        assert!(all <= most, "{all} of {most} bytes are held");
    }
}

/// A body that has arrived already, and a skip of which half has: of the hundred thousand bytes that
/// come each time nothing is new but two numbers.
fn straddling(time: u64) -> Parcel {
    parcel(2 * time, &[Body(100_000), Skip(3)])
}

#[test]
fn a_skip_that_straddles_what_has_arrived_keeps_next_to_nothing_of_what_it_came_in() {
    const TIMES: u64 = 400;
    let mut inn = lane();
    for time in 0..TIMES {
        assert_eq!(inn.receive(LINK, straddling(time)), Ok(true));
        assert_eq!(inn.receive(LINK, straddling(time)), Ok(false));
        assert_eq!(inn.arrived, 2 * time + 4);
    }
    let (memory, _) = memory_of_parked(&inn);
    assert!(memory < MOST_LOOSE + 300_000, "{memory} of 40 MB are kept");

    // Each begins where the one before it ends, and none is missing.
    let mut next = 0;
    for run in &inn.parked {
        assert_eq!(run.sequence, next);
        next += run.numbers();
    }
    assert_eq!(next, inn.arrived);
    while let Some(run) = inn.front() {
        inn.take(run.items().len());
    }
    assert_eq!((inn.parked_cost, inn.taken), (0, inn.arrived));
    assert_eq!(inn.due_ack(LINK).map(|ack| ack.taken), Some(inn.arrived));
}

#[test]
fn sessions_that_end_again_and_again_park_no_more_than_two_bounds() {
    let mut inn = lane();
    for _ in 0..100 {
        inn.attach(LINK, 0);
        inn.receive(LINK, parcel(0, &[Body(3 << 20)]))
            .expect("legal");
        inn.end_session();
    }
    assert!(
        inn.parked.len() <= 7,
        "{} frames of 3 MiB are parked",
        inn.parked.len()
    );
    let mut last = 0;
    while let Some(run) = inn.front() {
        assert!(run.epoch >= last);
        last = run.epoch;
        inn.take(1);
    }
    inn.attach(LINK, 0);
    assert_eq!(inn.receive(LINK, parcel(0, &[Body(8)])), Ok(true));
}
