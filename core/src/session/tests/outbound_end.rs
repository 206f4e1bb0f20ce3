//! How what waits in a lane ends without being delivered, and what its sender hears.

use std::task::Waker;

use bytes::Bytes;
use tokio::time::Instant;

use super::outbound::{accept, ack, body, frames, frames_after, head, lane, linked, pull_all};
use crate::session::kind;
use crate::session::lane_id::LaneId;
use crate::session::link_id::LinkId;
use crate::session::memory_budget::MemoryBudget;
use crate::session::outbound::{Head, LANE_COST, Outbound};
use crate::session::outbound_end::Losses;
use crate::session::pending::{End, NoOutcome};
use crate::session::share::Share;

#[test]
fn the_end_of_a_session_moves_what_was_never_appended_and_nothing_else() {
    let mut out = linked(1);
    let ticket = |out: &mut Outbound| {
        let number = accept(out, 8);
        out.pending.insert(number, None, Waker::noop().clone())
    };
    let sent = ticket(&mut out);
    drop(out.drop_stream());
    let waits = ticket(&mut out);
    accept(&mut out, 20_000);
    let mut losses = Losses::default();
    out.end_session(true, &mut losses);
    assert_eq!((losses.commands, losses.events, out.next()), (1, 1, 2));
    let lost = std::task::Poll::Ready(Some(End::Without(NoOutcome::PeerLost { sent: true })));
    assert_eq!(out.pending.poll(sent, Waker::noop()), lost);
    assert!(out.pending.poll(waits, Waker::noop()).is_pending());
    assert!(
        out.pending
            .complete(0, End::Outcome(Bytes::new()))
            .is_some()
    );
    out.attach(LinkId(2), Instant::now(), 0);
    let moved = frames(pull_all(&mut out, 2));
    let bodies: Vec<_> = moved.into_iter().map(|frame| frame.3).collect();
    assert_eq!(bodies, [body(1, 8).to_vec(), body(2, 20_000).to_vec()]);
}

#[test]
fn what_was_skipped_is_told_after_the_events_that_move_into_the_next_session() {
    // So many of the events were never appended: more than half of what a lane holds, and less.
    for (kept, is_slow) in [(500, true), (400, false)] {
        let mut out = lane();
        (0..600).for_each(|_| assert!(accept(&mut out, 10_000) < 600));
        assert!(out.become_slow());
        (0..3).for_each(|_| out.skip_event());
        out.attach(LinkId(1), Instant::now(), 0);
        out.credit = (600 - kept) * 10_000;
        drop(pull_all(&mut out, 1));
        out.end_session(true, &mut Losses::default());
        assert_eq!(out.is_slow(), is_slow, "{kept} kept");
        out.attach(LinkId(2), Instant::now(), 0);
        out.credit = LANE_COST;
        let mut moved = frames(pull_all(&mut out, 2));
        if is_slow {
            ack(&mut out, kept, LANE_COST);
            moved.extend(frames_after(&mut out, kept as usize));
        }
        assert_eq!(moved.len() as u64, kept + 1);
        assert_eq!(moved.last(), Some(&(kind::MISSED, kept, 3, vec![])));
    }
}

#[test]
fn the_clock_hears_of_each_deadline_that_is_earlier_than_all_since_it_looked() {
    let mut out = linked(1);
    let now = Instant::now();
    let at = |seconds| now + std::time::Duration::from_secs(seconds);
    let send = |out: &mut Outbound, seconds| {
        let number = accept(out, 8);
        let deadline = Some(at(seconds));
        out.pending.insert(number, deadline, Waker::noop().clone());
        out.is_soonest(at(seconds))
    };
    let news = [30, 31, 30, 20].map(|seconds| send(&mut out, seconds));
    assert_eq!(news, [true, false, false, true]);
    let look = |out: &mut Outbound, seconds| out.expire(at(seconds), &mut Losses::default());
    assert_eq!(look(&mut out, 20), Some(at(30)));
    assert_eq!(
        [30, 29].map(|seconds| send(&mut out, seconds)),
        [false, true]
    );
    // Nothing waits: whatever comes next is news.
    assert_eq!(look(&mut out, 31), None);
    assert!(send(&mut out, 60));
    // So it is where all have had their outcomes, and the clock found nothing to end.
    let outcome = End::Outcome(Bytes::new());
    assert!(out.pending.complete(out.next() - 1, outcome).is_some());
    assert_eq!(look(&mut out, 60), None);
    assert!(send(&mut out, 90));
}

#[test]
fn down_voids_what_waits_and_spares_outcomes() {
    let mut losses = Losses::default();
    let mut out = lane();
    accept(&mut out, 8);
    out.go_down(&mut losses);
    assert_eq!((losses.events, out.next(), out.freed()), (1, 1, 0));
    out.attach(LinkId(1), Instant::now(), 0);
    assert_eq!(frames(pull_all(&mut out, 1)), [(kind::SKIP, 0, 1, vec![])]);
    let share = Share::new(LaneId::OUTCOMES, &MemoryBudget::default());
    let mut outcomes = Outbound::new(LaneId::OUTCOMES, "outcomes", share);
    let outcome = Head {
        kind: kind::OUTCOME,
        wire_type: None,
        ..head(8)
    };
    outcomes.go_down(&mut losses);
    outcomes
        .accept_shared(outcome, &body(0, 8))
        .expect("spared");
    outcomes.go_down(&mut losses);
    outcomes.attach(LinkId(1), Instant::now(), 0);
    assert_eq!(frames(pull_all(&mut outcomes, 1))[0].0, kind::OUTCOME);
}

#[test]
fn a_receiver_that_is_down_holds_numbers_and_no_bytes() {
    for link in [None, Some(1)] {
        let budget = MemoryBudget::default();
        let share = Share::new(LaneId::DEFAULT, &budget);
        let mut out = Outbound::new(LaneId::DEFAULT, "default", share);
        if let Some(link) = link {
            out.attach(LinkId(link), Instant::now(), 0);
        }
        while out.has_log_room(1_000) {
            accept(&mut out, 1_000);
        }
        let (next, cursor) = (out.next(), out.cursor);
        assert!(next > 8_000 && budget.taken() > 7 << 20);
        out.go_down(&mut Losses::default());
        assert_eq!((out.next(), out.freed(), out.cursor), (next, 0, cursor));
        assert!(out.held() == 0 && budget.taken() < 128 << 10, "{budget:?}");
        // It is back: nothing of what it lost comes, all numbers do.
        (out.down, out.credit) = (false, LANE_COST);
        let before = accept(&mut out, 300);
        out.attach(LinkId(2), Instant::now(), 0);
        let after = accept(&mut out, 300);
        let came = frames(pull_all(&mut out, 2));
        let kinds: Vec<_> = came
            .iter()
            .map(|frame| (frame.0, frame.1, frame.2))
            .collect();
        let event = |number| (kind::EVENT, number, 1);
        assert_eq!(kinds, [(kind::SKIP, 0, next), event(before), event(after)]);
        assert_eq!(came[1].3, body(before, 300));
        ack(&mut out, after + 1, LANE_COST);
        assert_eq!((budget.taken(), out.is_waiting()), (0, false));
    }
}

#[test]
fn what_a_link_was_given_before_its_receiver_went_down_is_a_whole_row_of_frames() {
    let mut out = linked(1);
    accept(&mut out, 8);
    accept(&mut out, 20_000);
    accept(&mut out, 9);
    out.go_down(&mut Losses::default());
    assert_eq!(out.held(), 0);
    let bodies: Vec<_> = frames(pull_all(&mut out, 1))
        .into_iter()
        .map(|frame| frame.3)
        .collect();
    assert_eq!(bodies, [body(0, 8), body(1, 20_000), body(2, 9)]);
}

#[test]
fn a_stopping_bus_voids_what_it_calls_not_sent() {
    let mut out = linked(1);
    let sent = accept(&mut out, 8);
    let sent = out.pending.insert(sent, None, Waker::noop().clone());
    out.credit = 0;
    let kept = accept(&mut out, 8);
    let kept = out.pending.insert(kept, None, Waker::noop().clone());
    out.stop(&mut Losses::default());
    let ended = |sent| std::task::Poll::Ready(Some(End::Without(NoOutcome::Stopped { sent })));
    assert_eq!(out.pending.poll(sent, Waker::noop()), ended(true));
    assert_eq!(out.pending.poll(kept, Waker::noop()), ended(false));
    ack(&mut out, 1, LANE_COST);
    assert_eq!(frames_after(&mut out, 1), [(kind::SKIP, 1, 1, vec![])]);
}

#[test]
fn the_end_of_a_session_gives_back_what_its_log_held() {
    let budget = MemoryBudget::default();
    let share = Share::new(LaneId::DEFAULT, &budget);
    let mut out = Outbound::new(LaneId::DEFAULT, "default", share);
    while out.has_log_room(100_000) {
        accept(&mut out, 100_000);
    }
    let held = budget.taken();
    assert!(held > 0);
    out.end_session(true, &mut Losses::default());
    assert_eq!(budget.taken(), held, "all of it has moved");
    out.end_session(false, &mut Losses::default());
    assert_eq!(budget.taken(), 0);
}
