//! Who gets the room of a full lane, and who is woken for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

use super::outbound::{accept, ack, lane, linked};
use crate::session::lane_id::LaneId;
use crate::session::lane_room::Needs;
use crate::session::memory_budget::MemoryBudget;
use crate::session::outbound::{LANE_COST, Outbound};
use crate::session::outbound_room::MOST_CALLED;
use crate::session::pending::MAX_PENDING;
use crate::session::room::Turn;
use crate::session::share::Share;

const SMALL: usize = 10_000;
const LARGE: usize = 4_000_000;

/// Somebody who waits for room, and counts how often it was called.
#[derive(Default)]
struct Waits {
    turn: Option<Turn>,
    called: Arc<Calls>,
}

#[derive(Default)]
struct Calls(AtomicUsize);

impl Wake for Calls {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Waits {
    fn wait(&mut self, out: &mut Outbound, needs: Needs) {
        let waker = Waker::from(self.called.clone());
        let context = Context::from_waker(&waker);
        out.room.wait(&mut self.turn, needs, &context);
    }

    fn calls(&self) -> usize {
        self.called.0.load(Ordering::Relaxed)
    }
}

fn full(mut out: Outbound) -> Outbound {
    while out.has_room(SMALL) {
        accept(&mut out, SMALL);
    }
    out
}

/// Takes the oldest message; whoever can be called is.
fn take_one(out: &mut Outbound) {
    let taken = out.freed() + 1;
    ack(out, taken, LANE_COST);
    call(out);
}

fn call(out: &mut Outbound) {
    out.call_next_if_room().into_iter().for_each(Waker::wake);
}

#[test]
fn what_becomes_free_is_kept_for_the_first_that_waits_until_it_has_what_it_needs() {
    let mut out = full(lane());
    let [mut large, mut small] = <[Waits; 2]>::default();
    large.wait(&mut out, Needs::LogAndPull(LARGE));
    small.wait(&mut out, Needs::LogAndPull(SMALL));
    while large.calls() == 0 {
        take_one(&mut out);
        assert!(!out.has_room(SMALL), "a newcomer would overtake it");
        assert_eq!(small.calls(), 0);
    }
    assert!(out.log.cost() + (LARGE + SMALL) as u64 > LANE_COST);
    assert!(out.has_room_for(LARGE, large.turn));
    accept(&mut out, LARGE);
    out.room.leave(&mut large.turn);
    take_one(&mut out);
    take_one(&mut out);
    assert_eq!((large.calls(), small.calls()), (1, 1));
}

#[test]
fn whoever_is_called_and_does_not_come_holds_up_nobody_for_ever() {
    let mut out = full(lane());
    let mut large = Waits::default();
    large.wait(&mut out, Needs::LogAndPull(LARGE));
    while out.is_waiting() {
        take_one(&mut out);
    }
    assert_eq!(large.calls(), 1);
    assert!(out.has_room(LARGE - SMALL), "there is room for both");

    // Where the lane may not grow there is room for one of them.
    let share = Share::new(LaneId::DEFAULT, &MemoryBudget::new(0));
    let mut out = full(Outbound::new(LaneId::DEFAULT, "default", share));
    let mut large = Waits::default();
    large.wait(&mut out, Needs::LogAndPull(LARGE));
    while out.is_waiting() {
        assert_eq!(large.calls(), 0);
        take_one(&mut out);
    }
    assert_eq!(large.calls(), 1);
    assert!(!out.has_room(SMALL) && out.has_room_for(LARGE, large.turn));
    out.has_refused();
    assert!(out.has_room(SMALL));
}

#[test]
fn whoever_is_called_and_finds_too_little_is_the_next_to_be_called() {
    let mut out = full(lane());
    let [mut first, mut second] = <[Waits; 2]>::default();
    first.wait(&mut out, Needs::Log(SMALL));
    second.wait(&mut out, Needs::Log(SMALL));
    for calls in 1..=3 {
        take_one(&mut out);
        assert_eq!((first.calls(), second.calls()), (calls, 0));
        while out.has_room_for(SMALL, first.turn) {
            accept(&mut out, SMALL);
        }
        first.wait(&mut out, Needs::Log(SMALL));
        second.wait(&mut out, Needs::Log(SMALL));
    }
    let next = out.leave_room(first.turn.unwrap());
    assert!(next.iter().all(Option::is_none));
    take_one(&mut out);
    take_one(&mut out);
    assert!(second.calls() > 0);
}

#[test]
fn room_kept_for_one_is_given_up_for_an_older_one_that_comes_back() {
    let share = Share::new(LaneId::DEFAULT, &MemoryBudget::new(0));
    let mut out = full(Outbound::new(LaneId::DEFAULT, "default", share));
    let [mut older, mut younger] = <[Waits; 2]>::default();
    older.wait(&mut out, Needs::Log(SMALL));
    younger.wait(&mut out, Needs::Log(LARGE));
    while older.calls() == 0 {
        take_one(&mut out);
    }
    take_one(&mut out);
    // Room is kept for the younger by now, and the older has become larger.
    older.wait(&mut out, Needs::Log(LARGE));
    while out.is_waiting() {
        take_one(&mut out);
    }
    assert_eq!((older.calls(), younger.calls()), (2, 0));
}

#[test]
fn whoever_waits_for_a_place_among_the_sends_in_progress_holds_up_nobody_who_needs_none() {
    let mut out = full(lane());
    let waker = Waker::noop();
    let send = |number| out.pending.insert(number, None, waker.clone());
    let sends: Vec<_> = (0..MAX_PENDING as u64).map(send).collect();
    let [mut command, mut event, mut next] = <[Waits; 3]>::default();
    command.wait(&mut out, Needs::Place);
    event.wait(&mut out, Needs::LogAndPull(SMALL));
    next.wait(&mut out, Needs::Place);
    take_one(&mut out);
    take_one(&mut out);
    assert_eq!([&command, &event, &next].map(Waits::calls), [0, 1, 0]);
    event.wait(&mut out, Needs::LogAndPull(SMALL));
    assert!(out.call_for_place().is_none());

    // It finds no room in the log then, and stands before the event.
    out.pending.abandon(sends[0]);
    out.call_for_place().into_iter().for_each(Waker::wake);
    assert_eq!([&command, &event, &next].map(Waits::calls), [1, 1, 0]);
    command.wait(&mut out, Needs::Log(SMALL));
    call(&mut out);
    assert_eq!([&command, &event, &next].map(Waits::calls), [2, 1, 0]);

    // It gives up: both that it was called for are there for others.
    let called = out.leave_room(command.turn.unwrap());
    called.into_iter().flatten().for_each(Waker::wake);
    assert_eq!([&command, &event, &next].map(Waits::calls), [2, 2, 1]);
}

/// Takes all messages at once.
fn take_all(out: &mut Outbound) {
    let next = out.next();
    ack(out, next, LANE_COST);
    call_all(out);
}

fn call_all(out: &mut Outbound) {
    let mut wakers = Vec::new();
    out.call_all_with_room(&mut wakers);
    wakers.into_iter().for_each(Waker::wake);
}

#[test]
fn whoever_is_called_and_is_not_polled_keeps_nobody_from_the_room_that_became_free_with_its_own() {
    let mut out = full(lane());
    let mut waiting = <[Waits; 3]>::default();
    for waits in &mut waiting {
        waits.wait(&mut out, Needs::Log(SMALL));
    }
    take_all(&mut out);
    assert_eq!(waiting.each_ref().map(Waits::calls), [1, 1, 1]);
}

#[test]
fn no_more_are_called_at_once_than_there_is_room_for_together() {
    let mut out = full(lane());
    let mut waiting = <[Waits; 4]>::default();
    for (waits, len) in waiting.iter_mut().zip([LARGE, SMALL, LARGE, LARGE]) {
        waits.wait(&mut out, Needs::Log(len));
    }
    take_all(&mut out);
    assert_eq!(waiting.each_ref().map(Waits::calls), [1, 1, 1, 0]);
    let mut newcomer = out.clone();
    assert!(newcomer.has_room(LARGE), "nothing is kept from others");
    assert_eq!(newcomer.log.cost(), 0);

    // One that comes and one that does not; the last is called by whoever comes.
    accept(&mut out, LARGE);
    out.room.leave(&mut waiting[0].turn);
    call(&mut out);
    assert_eq!(waiting[3].calls(), 1);
}

#[test]
fn of_ten_thousand_that_wait_few_are_called_at_once_and_each_of_them_calls_the_next() {
    const WAITING: usize = 10_000;
    let mut out = full(lane());
    let mut waiting: Vec<_> = (0..WAITING).map(|_| Waits::default()).collect();
    for waits in &mut waiting {
        waits.wait(&mut out, Needs::Log(100));
    }
    let called = |waiting: &[Waits]| waiting.iter().map(Waits::calls).sum::<usize>();
    take_all(&mut out);
    assert_eq!(called(&waiting), MOST_CALLED);
    for (at, waits) in waiting.iter_mut().enumerate() {
        assert!(waits.calls() > 0, "{at} was not called");
        assert!(out.has_log_room_for(100, waits.turn));
        accept(&mut out, 100);
        out.room.leave(&mut waits.turn);
        call(&mut out);
    }
    assert_eq!(called(&waiting), WAITING);
}

#[test]
fn who_waits_only_for_the_transport_is_called_when_its_link_has_ended() {
    let mut out = full(linked(1));
    assert!(
        out.has_log_room_for(SMALL, None),
        "only the transport is slow"
    );
    let mut waiting = <[Waits; 2]>::default();
    for waits in &mut waiting {
        waits.wait(&mut out, Needs::LogAndPull(SMALL));
    }
    call_all(&mut out);
    assert_eq!(waiting.each_ref().map(Waits::calls), [0, 0]);
    let mut wakers = Vec::new();
    out.detach(&mut wakers);
    wakers.into_iter().for_each(Waker::wake);
    assert_eq!(waiting.each_ref().map(Waits::calls), [1, 1]);
}
