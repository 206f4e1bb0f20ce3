//! The sending half of a lane: what is accepted, what goes on the stream, what a resend repeats.

use std::task::Waker;

use bytes::{BufMut, Bytes};
use tokio::time::{Duration, Instant};

use crate::session::control::Ack;
use crate::session::kind;
use crate::session::lane_id::LaneId;
use crate::session::lane_reader::LaneReader;
use crate::session::lane_room::Needs;
use crate::session::lane_writer::WireType;
use crate::session::link_id::LinkId;
use crate::session::memory_budget::MemoryBudget;
use crate::session::outbound::{Head, LANE_COST, Outbound, Unaccepted, Wake};
use crate::session::outbound_end::Losses;
use crate::session::share::Share;
use crate::session::violation::Violation;

const LANE: LaneId = LaneId::DEFAULT;

fn wire_type(name: &'static str) -> WireType {
    WireType { name, codec: 0 }
}

pub(super) fn head(body_len: usize) -> Head {
    let wire_type = Some(wire_type("test.Event"));
    Head {
        kind: kind::EVENT,
        wire_type,
        deadline: None,
        body_len,
    }
}

pub(super) fn lane() -> Outbound {
    let share = Share::new(LANE, &MemoryBudget::default());
    let mut out = Outbound::new(LANE, "default", share);
    assert!(out.share.make_room(LANE_COST));
    out.credit = LANE_COST;
    out
}

pub(super) fn linked(link: u64) -> Outbound {
    let mut out = lane();
    out.attach(LinkId(link), Instant::now(), 0);
    out
}

/// A body that no other number has.
pub(super) fn body(number: u64, len: usize) -> Bytes {
    let bytes = (0..len).map(|at| (at as u64 * 31 + number * 7) as u8);
    bytes.collect::<Vec<_>>().into()
}

pub(super) fn accept(out: &mut Outbound, len: usize) -> u64 {
    let number = out.next();
    let body = body(number, len);
    out.accept_shared(head(len), &body).expect("accepted")
}

fn accept_all(out: &mut Outbound, lens: &[usize]) {
    lens.iter()
        .for_each(|len| assert!(accept(out, *len) < out.next()));
}

pub(super) fn ack(out: &mut Outbound, taken: u64, credit: u64) -> usize {
    let ack = Ack {
        lane: LANE,
        taken,
        credit,
    };
    out.acknowledge(ack).expect("a legal acknowledgement")
}

/// Everything that is to be written on `link` now.
pub(super) fn pull_all(out: &mut Outbound, link: u64) -> Vec<Bytes> {
    let mut chunks = Vec::new();
    loop {
        let mut more = Vec::new();
        if out.pull(LinkId(link), &mut more, Waker::noop()) != Some(true) {
            return chunks;
        }
        chunks.append(&mut more);
    }
}

/// (kind, first number, how many numbers, body) of every frame.
pub(super) type Frames = Vec<(u8, u64, u64, Vec<u8>)>;

pub(super) fn frames(chunks: Vec<Bytes>) -> Frames {
    let mut reader = LaneReader::new();
    let read = reader.read(chunks, Instant::now()).expect("legal frames");
    let mut number = read.parcel.first;
    let frame = |item: &crate::session::parcel::Item| {
        let first = number;
        number += item.numbers();
        (
            item.kind,
            first,
            item.count(),
            read.parcel.body(item).to_vec(),
        )
    };
    read.parcel.items.iter().map(frame).collect()
}

fn event(number: u64, len: usize) -> (u8, u64, u64, Vec<u8>) {
    (kind::EVENT, number, 1, body(number, len).to_vec())
}

#[test]
fn messages_go_out_in_order_whether_small_large_live_or_logged() {
    let lens = [8, 20_000, 0, 300, 16 << 10, 70_000, 9];
    for linked_from in 0..=lens.len() {
        let mut out = lane();
        for (at, len) in lens.into_iter().enumerate() {
            if at == linked_from {
                out.attach(LinkId(1), Instant::now(), 0);
            }
            accept(&mut out, len);
        }
        if linked_from == lens.len() {
            out.attach(LinkId(1), Instant::now(), 0);
        }
        let expected: Frames = lens
            .iter()
            .zip(0..)
            .map(|(len, n)| event(n, *len))
            .collect();
        assert_eq!(
            frames(pull_all(&mut out, 1)),
            expected,
            "from {linked_from}"
        );
    }
}

#[test]
fn a_resend_from_any_number_repeats_the_bodies_byte_for_byte() {
    let lens = [8, 20_000, 700, 300, 16 << 10, 9];
    for pulled in [false, true] {
        for arrived in 0..=lens.len() as u64 {
            let mut out = linked(1);
            for len in lens {
                accept(&mut out, len);
                if pulled {
                    pull_all(&mut out, 1);
                }
            }
            drop(out.drop_stream());
            out.attach(LinkId(2), Instant::now(), arrived);
            let all = lens.iter().zip(0..).map(|(len, n)| event(n, *len));
            let expected: Frames = all.skip(arrived as usize).collect();
            assert_eq!(frames(pull_all(&mut out, 2)), expected, "from {arrived}");
            assert_eq!(out.pull(LinkId(1), &mut Vec::new(), Waker::noop()), None);
        }
    }
}

#[test]
fn a_large_body_is_written_and_written_again_without_a_copy() {
    let mut out = linked(1);
    let shared = body(0, 100_000);
    out.accept_shared(head(shared.len()), &shared)
        .expect("accepted");
    let same = |chunks: Vec<Bytes>| chunks.iter().any(|c| c.as_ptr() == shared.as_ptr());
    assert!(same(pull_all(&mut out, 1)));
    out.attach(LinkId(2), Instant::now(), 0);
    assert!(same(pull_all(&mut out, 2)));
}

#[test]
fn what_was_taken_is_not_sent_again_and_what_the_link_does_not_know_is_skipped() {
    let mut out = linked(1);
    accept_all(&mut out, &[8; 4]);
    out.attach(LinkId(2), Instant::now(), 1);
    assert_eq!(ack(&mut out, 3, LANE_COST), 3);
    let expected = vec![(kind::SKIP, 1, 2, vec![]), event(3, 8)];
    assert_eq!(frames(pull_all(&mut out, 2)), expected);
}

#[test]
fn a_run_of_voids_travels_as_one_skip() {
    let mut out = lane();
    let now = Instant::now();
    for number in 0..5 {
        let command = number % 4 != 0;
        let deadline = command.then_some(now);
        accept(&mut out, 8);
        if command {
            out.pending.insert(number, deadline, Waker::noop().clone());
        }
    }
    let mut losses = Losses::default();
    out.expire(now, &mut losses);
    assert_eq!(losses.commands, 3);
    out.attach(LinkId(1), now, 0);
    let expected = vec![event(0, 8), (kind::SKIP, 1, 3, vec![]), event(4, 8)];
    assert_eq!(frames(pull_all(&mut out, 1)), expected);
}

#[test]
fn every_stream_hears_of_its_types_anew_and_once() {
    let mut out = linked(1);
    let send = |out: &mut Outbound, name| {
        let wire_type = Some(wire_type(name));
        let head = Head {
            wire_type,
            ..head(1)
        };
        out.accept(head, |to| {
            to.put_u8(7);
            true
        })
        .expect("accepted");
    };
    let names = |chunks: Vec<Bytes>| {
        let mut reader = LaneReader::new();
        let read = reader.read(chunks, Instant::now()).expect("legal frames");
        let parcel = &read.parcel;
        let name = |item| {
            parcel
                .received_type(item)
                .map(|known| known.name.to_string())
        };
        parcel.items.iter().filter_map(name).collect::<Vec<_>>()
    };
    ["a.A", "b.B", "a.A"]
        .iter()
        .for_each(|name| send(&mut out, name));
    assert_eq!(names(pull_all(&mut out, 1)), ["a.A", "b.B", "a.A"]);
    out.attach(LinkId(2), Instant::now(), 1);
    send(&mut out, "c.C");
    assert_eq!(names(pull_all(&mut out, 2)), ["b.B", "a.A", "c.C"]);
}

#[test]
fn one_name_with_two_codecs_is_two_types() {
    let mut out = linked(1);
    for codec in [0, 1, 0] {
        let name = "test.Event";
        let wire_type = Some(WireType { name, codec });
        let head = Head {
            wire_type,
            ..head(8)
        };
        out.accept_shared(head, &body(0, 8)).expect("accepted");
    }
    let mut reader = LaneReader::new();
    let chunks = pull_all(&mut out, 1);
    let read = reader.read(chunks, Instant::now()).expect("legal frames");
    let codecs = read
        .parcel
        .items
        .iter()
        .map(|item| read.parcel.received_type(item));
    let codecs: Vec<_> = codecs.map(|known| known.map(|known| known.codec)).collect();
    assert_eq!(codecs, [Some(0), Some(1), Some(0)]);
}

#[test]
fn what_is_not_accepted_leaves_nothing_behind() {
    for is_linked in [false, true] {
        let mut out = if is_linked { linked(1) } else { lane() };
        accept(&mut out, 8);
        let write = |len: usize, well: bool| {
            move |to: &mut bytes::BytesMut| {
                to.put_bytes(9, len);
                well
            }
        };
        let refused = Err(Unaccepted::Unencodable);
        assert_eq!(out.accept(head(5), write(5, false)), refused);
        assert_eq!(out.accept(head(5), write(4, true)), refused);
        assert_eq!(out.accept(head(5), write(6, true)), refused);
        assert_eq!(
            out.accept(head(kind::MAX_BODY + 1), write(0, true)),
            refused
        );
        let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            out.accept(head(5), |to| {
                to.put_bytes(9, 3);
                panic!("an encoder that panics")
            })
        }));
        assert!(panics.is_err());
        out.down = true;
        assert_eq!(out.accept(head(5), write(5, true)), Err(Unaccepted::Down));
        assert_eq!(
            out.accept_shared(head(20_000), &body(1, 20_000)),
            Err(Unaccepted::Down)
        );
        out.down = false;
        assert_eq!((out.next(), out.log.cost()), (1, 128));
        accept(&mut out, 8);
        if !is_linked {
            out.attach(LinkId(1), Instant::now(), 0);
        }
        assert_eq!(frames(pull_all(&mut out, 1)), [event(0, 8), event(1, 8)]);
    }
}

#[test]
fn the_largest_body_fits_a_frame() {
    let mut out = linked(1);
    let number = out.accept_shared(head(kind::MAX_BODY), &body(0, kind::MAX_BODY));
    assert_eq!(number, Ok(0));
    let deadline = Some(Instant::now() + Duration::from_secs(1 << 40));
    let command = Head {
        kind: kind::COMMAND | kind::HEADERS,
        deadline,
        ..head(kind::MAX_BODY)
    };
    out.accept_shared(command, &body(1, kind::MAX_BODY))
        .expect("accepted");
    ack(&mut out, 0, u64::MAX);
    assert_eq!(frames(pull_all(&mut out, 1)).len(), 2);
}

#[test]
fn a_lane_is_full_at_its_cost_and_an_empty_one_takes_any_size() {
    let mut out = lane();
    assert!(out.has_room(kind::MAX_BODY));
    let small = LANE_COST / 128;
    for _ in 0..small {
        assert!(out.has_room(8));
        accept(&mut out, 8);
    }
    assert!(!out.has_room(0));
    ack(&mut out, 1, LANE_COST);
    assert!(out.has_room(128) && !out.has_room(129));
}

#[test]
fn four_large_messages_wait_for_the_transport_and_no_more_than_62_kib_of_small_ones() {
    let waiting = |len: usize| {
        let mut out = linked(1);
        let entered = std::iter::from_fn(|| out.has_room(len).then(|| accept(&mut out, len)));
        entered.count()
    };
    assert_eq!((waiting(64 << 10), waiting(1 << 10)), (4, 62));
    let mut out = linked(1);
    accept(&mut out, 64 << 10);
    assert!(!out.has_room(1 << 10) && out.has_room(64 << 10));
    let context = &std::task::Context::from_waker(Waker::noop());
    out.room.wait(&mut None, Needs::Log(8), context);
    assert!(!out.has_room(64 << 10), "it would overtake who waits");
}

#[test]
fn without_credit_one_message_at_a_time_is_appended() {
    let mut out = linked(1);
    out.credit = 0;
    accept_all(&mut out, &[8; 3]);
    assert_eq!(frames(pull_all(&mut out, 1)), [event(0, 8)]);
    assert_eq!(out.cursor, 1);
    ack(&mut out, 1, 0);
    assert!(matches!(out.wake(), Wake::Open(_)));
    assert_eq!(out.cursor, 1);
    pull_all(&mut out, 1);
    assert_eq!(out.cursor, 2);
    ack(&mut out, 2, 300);
    accept(&mut out, 8);
    accept(&mut out, 8);
    pull_all(&mut out, 1);
    assert_eq!(out.cursor, 4, "two of 128 each fit 300");
}

#[test]
fn what_was_appended_once_is_appended_again_without_credit() {
    let mut out = linked(1);
    accept_all(&mut out, &[8; 3]);
    out.credit = 0;
    out.attach(LinkId(2), Instant::now(), 0);
    accept(&mut out, 8);
    let sent = frames(pull_all(&mut out, 2));
    assert_eq!(sent, [event(0, 8), event(1, 8), event(2, 8)]);
}

#[test]
fn an_acknowledgement_of_what_was_never_sent_breaks_the_protocol() {
    let mut out = linked(1);
    accept(&mut out, 8);
    let (lane, taken, credit) = (LANE, 2, 0);
    let beyond = Violation::AckBeyondSent {
        lane,
        taken,
        next: 1,
    };
    assert_eq!(
        out.acknowledge(Ack {
            lane,
            taken,
            credit
        }),
        Err(beyond)
    );
}

#[test]
fn a_slow_receiver_hears_in_order_how_much_it_has_missed() {
    let mut out = linked(1);
    let half = (LANE_COST / 2) as usize / 10_000 + 1;
    accept_all(&mut out, &vec![10_000; half]);
    assert!(out.become_slow() && out.is_slow() && !out.become_slow());
    (0..3).for_each(|_| out.skip_event());
    pull_all(&mut out, 1);
    assert!(out.is_slow(), "still more than half full");
    ack(&mut out, 1, LANE_COST);
    assert!(!out.is_slow());
    accept(&mut out, 8);
    let missed = (kind::MISSED, half as u64, 3, vec![]);
    assert_eq!(
        frames_after(&mut out, half),
        [missed, event(half as u64 + 1, 8)]
    );
}

pub(super) fn frames_after(out: &mut Outbound, arrived: usize) -> Frames {
    out.attach(LinkId(2), Instant::now(), arrived as u64);
    frames(pull_all(out, 2))
}

#[test]
fn slowness_ends_without_an_acknowledgement_to_end_it() {
    let mut out = linked(1);
    assert!(!out.become_slow(), "an empty lane is not full");
    // Only the outgoing buffer is full: the transport has not pulled.
    accept_all(&mut out, &[10_000; 7]);
    assert!(!out.has_room(8) && out.become_slow());
    out.skip_event();
    pull_all(&mut out, 1);
    assert!(!out.is_slow());
    assert_eq!(frames_after(&mut out, 7), [(kind::MISSED, 7, 1, vec![])]);
}

#[test]
fn a_lane_that_never_catches_up_frees_what_is_acknowledged() {
    let mut out = linked(1);
    out.credit = 0;
    let shared = body(0, 1000);
    for number in 0..20_000_u64 {
        out.accept_shared(head(1000), &shared).expect("accepted");
        if number >= 100 {
            pull_all(&mut out, 1);
            ack(&mut out, number - 99, 0);
        }
    }
    assert!(out.cursor < out.next(), "never caught up");
    assert!(
        out.log.held() < 4 * (64 << 10) + 100_000,
        "{} bytes held",
        out.log.held()
    );
}

#[test]
fn chunks_whose_messages_are_all_acknowledged_are_filled_again() {
    let mut out = linked(1);
    let shared = body(0, 1000);
    let mut chunks = Vec::with_capacity(8);
    let mut pass = |number: u64| {
        out.accept_shared(head(1000), &shared).expect("accepted");
        out.pull(LinkId(1), &mut chunks, Waker::noop());
        chunks.clear();
        if number >= 200 {
            ack(&mut out, number - 199, 1 << 20);
        }
    };
    (0..1_000).for_each(&mut pass);
    let counted = allocation_counter::measure(|| (1_000..11_000).for_each(&mut pass));
    assert!(counted.bytes_total < 1 << 20, "{counted:?}");
}
