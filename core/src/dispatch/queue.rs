//! A dispatch queue: bounded, in order, with slots that a waiting handler frees (promise 21).
//!
//! Messages start in order; by default one runs to its end before the next starts. Each running
//! handler occupies a slot. While it is pending and a `send` that its own task polled is pending,
//! the slot is free: the next message starts in another worker. To go on, it takes a slot before
//! any message that no worker has taken. Workers are tasks that are used again; none is started per
//! message. Commands of a peer that is owed too many outcomes are set aside until it is not
//! (promise 20).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::answer::end_unstarted;
use super::done::Done;
use super::queue_state::{Freed, QueueState};
use super::states::States;
use super::verdict::Verdict;
use super::work::Work;
use super::worker::{Seat, Worker};
use crate::peers::{Peer, let_go};
use crate::session::{LaneId, Run, Turn, wake_all};

/// Handlers of one queue that may be suspended; beyond that they keep their slot (promise 21).
const MAX_SUSPENDED: usize = 1_024;
/// Idle workers kept for the next message; more end.
const MAX_IDLE: usize = 8;

/// A dispatch queue.
#[derive(Debug)]
pub(crate) struct Queue {
    name: Arc<str>,
    states: Arc<States>,
    runtime: Handle,
    state: Mutex<QueueState>,
    /// Whether a suspended handler can go on and has no slot.
    waited_for: OwnLine,
    /// Woken when nothing is queued, running or suspended.
    idle: Notify,
}

/// In a line of the cache of its own: workers look at it before each message, and what lies beside
/// it is written with each run that comes.
#[derive(Debug, Default)]
#[repr(align(64))]
struct OwnLine(AtomicBool);

impl Queue {
    pub(crate) fn new(name: Arc<str>, states: Arc<States>, runtime: Handle) -> Arc<Self> {
        Arc::new(Self {
            name,
            states,
            runtime,
            state: Mutex::new(QueueState::new()),
            waited_for: OwnLine::default(),
            idle: Notify::new(),
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn states(&self) -> &States {
        &self.states
    }

    /// Lets messages start.
    pub(crate) fn open(self: &Arc<Self>) {
        let mut state = self.lock();
        state.open = true;
        self.start_one(&mut state);
    }

    /// Allows at least so many handlers to run at once, from now on.
    pub(crate) fn widen(self: &Arc<Self>, slots: usize) {
        let mut state = self.lock();
        state.slots = state.slots.max(slots);
        while state.running < state.slots && self.grant_one(&mut state) {
            state.running += 1;
        }
        self.start_one(&mut state);
    }

    /// Whether whoever wants room has to wait: a closed one drops what comes.
    pub(crate) fn is_full(&self) -> bool {
        !self.lock().lets_in()
    }

    /// How many messages of a run it has room for, each of them so many times.
    pub(crate) fn room_for(&self, run: &Run, times: usize, lane: (&Arc<Peer>, LaneId)) -> usize {
        self.lock().room_for(run, times, lane)
    }

    /// The messages that wait, and what they cost.
    pub(crate) fn held(&self) -> (usize, u64) {
        let state = self.lock();
        (state.len, state.cost)
    }

    /// The queue has been full for as long as a sender of this process waits (promise 15). Whether
    /// that is news; it is not if the queue is half empty by now.
    pub(crate) fn become_slow(&self) -> bool {
        let mut state = self.lock();
        !state.is_half_empty() && !std::mem::replace(&mut state.slow, true)
    }

    /// Whether events of this process are skipped: until the queue is half empty.
    pub(crate) fn is_slow(&self) -> bool {
        let mut state = self.lock();
        let relieved = state.slow && state.is_half_empty();
        state.slow &= !relieved;
        let slow = state.slow;
        // Whoever reads the log may publish.
        drop(state);
        if relieved {
            tracing::info!(queue = %self.name, "the queue is slow no more");
        }
        slow
    }

    /// Queues as many messages of `run` as there is room for; `make` cuts the work to that number.
    /// Returns it. With room for fewer than all the lane is pumped again later.
    pub(crate) fn push_run(
        self: &Arc<Self>,
        run: &Run,
        lane: (&Arc<Peer>, LaneId),
        make: impl FnOnce(usize) -> Work,
    ) -> usize {
        let mut state = self.lock();
        let count = state.room_for(run, 1, lane);
        if count < run.items.len() {
            state.wait_for_room(lane);
        }
        if count > 0 && !state.closed {
            self.push(&mut state, make(count));
        }
        count
    }

    /// Queues work although there may be no room: for messages with several queues, whose room was
    /// looked at before.
    pub(crate) fn push_anyway(self: &Arc<Self>, work: Work) {
        let mut state = self.lock();
        if !state.closed {
            self.push(&mut state, work);
        }
    }

    /// The lane is to be pumped once there is room for more than `room` messages of a run. `false`:
    /// there is by now, and nobody might ever pump it.
    pub(crate) fn wait_for_more(
        &self,
        room: usize,
        run: &Run,
        times: usize,
        lane: (&Arc<Peer>, LaneId),
    ) -> bool {
        let mut state = self.lock();
        let waits = state.room_for(run, times, lane) <= room;
        if waits {
            state.wait_for_room(lane);
        }
        waits
    }

    /// The lane is to be pumped once there is room for what is let in also if there is none. `false`:
    /// there is.
    pub(crate) fn wait_if_full(&self, lane: (&Arc<Peer>, LaneId)) -> bool {
        let mut state = self.lock();
        let waits = state.keeps_out(lane);
        if waits {
            state.wait_for_room(lane);
        }
        waits
    }

    /// Waits for room as a sender of this process. `true`: there is room.
    pub(crate) fn poll_room(&self, turn: &mut Option<Turn>, context: &Context<'_>) -> bool {
        let mut state = self.lock();
        if state.lets_in() {
            state.room.serve(turn);
            return true;
        }
        state.room.wait(turn, context);
        false
    }

    /// Whoever was told that there is room leaves it to the next that waits.
    pub(crate) fn pass_room(&self) {
        let mut state = self.lock();
        let next = if state.lets_in() {
            state.room.call_next()
        } else {
            None
        };
        drop(state);
        wake_all(next);
    }

    /// Gives up waiting for room.
    pub(crate) fn leave_room(&self, turn: Turn) {
        let next = self.lock().room.leave(turn);
        wake_all(next);
    }

    /// Waits until nothing is queued, running or suspended.
    pub(crate) async fn drained(&self) {
        loop {
            let idle = self.idle.notified();
            tokio::pin!(idle);
            idle.as_mut().enable();
            if self.lock().is_drained() {
                return;
            }
            idle.await;
        }
    }

    /// How many messages wait, run or are suspended.
    pub(crate) fn unfinished(&self) -> usize {
        let state = self.lock();
        state.len + state.suspended
    }

    /// Ends every worker; what is queued is dropped.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.workers.abort_all();
        let dropped = std::mem::take(&mut state.work);
        let aside = std::mem::take(&mut state.aside);
        let lanes = std::mem::take(&mut state.lanes);
        let mut wakers = Vec::new();
        state.room.call_all(&mut wakers);
        drop(state);
        // Before anything of a user's is dropped.
        wake_all(wakers);
        let_go(dropped.into_works().chain(aside.into_works()));
        drop(lanes);
    }

    /// A worker without a slot asks for one and for work.
    pub(super) fn take_work(self: &Arc<Self>, seat: &Arc<Seat>, waker: &Waker) -> Taken {
        let mut state = self.lock();
        if seat.take_grant() {
            state.starting -= 1;
        }
        state.idle.retain(|(idle, _)| !Arc::ptr_eq(idle, seat));
        let aside = state.aside.len();
        let takes = state.open && state.running < state.slots && state.resuming.is_empty();
        let taken = match takes.then(|| state.next_work()).flatten() {
            Some(work) => {
                state.running += 1;
                self.start_one(&mut state);
                Taken::Work(work)
            }
            None if state.idle.len() >= MAX_IDLE => Taken::NotNeeded,
            None => {
                state.idle.push((seat.clone(), waker.clone()));
                Taken::Wait
            }
        };
        if state.has_let_go(aside) {
            // What is set aside makes room; with the last of its lane, the rest of that may come.
            let freed = state.take_waiting();
            drop(state);
            self.make_use_of(freed);
        }
        taken
    }

    /// A worker that has finished `done` messages asks for more, keeping its slot if it may. What
    /// it has left of those in hand goes back to the front.
    pub(super) fn next_work(self: &Arc<Self>, done: Done, rest: Option<Work>) -> Option<Work> {
        let mut state = self.lock();
        state.leave(done);
        let dropped = state.put_back(rest);
        let next = if state.resuming.is_empty() {
            state.next_work()
        } else {
            None
        };
        if next.is_none() {
            self.free_slot(&mut state);
        }
        let freed = state.take_waiting();
        if state.is_drained() {
            self.idle.notify_waiters();
        }
        drop(state);
        let_go(dropped);
        self.make_use_of(freed);
        next
    }

    /// A worker that has not finished yet says which of its messages have ended by now.
    pub(super) fn leave(&self, ended: Done) {
        let mut state = self.lock();
        state.leave(ended);
        let freed = state.take_waiting();
        if state.is_drained() {
            self.idle.notify_waiters();
        }
        drop(state);
        self.make_use_of(freed);
    }

    /// A handler awaits a send: its slot becomes free, the rest of its worker's messages go back
    /// to the front. `false`: it keeps its slot.
    pub(super) fn suspend(
        self: &Arc<Self>,
        done: Done,
        rest: Option<Work>,
    ) -> Result<(), Option<Work>> {
        let mut state = self.lock();
        if state.suspended >= MAX_SUSPENDED {
            return Err(rest);
        }
        state.leave(done);
        state.suspended += 1;
        let dropped = state.put_back(rest);
        self.free_slot(&mut state);
        let freed = state.take_waiting();
        drop(state);
        let_go(dropped);
        self.make_use_of(freed);
        Ok(())
    }

    /// A peer is owed fewer outcomes: its commands that were set aside go on.
    pub(crate) fn relieve(self: &Arc<Self>, peer: &Arc<Peer>) {
        let mut state = self.lock();
        if state.aside.relieve(peer) {
            self.start_one(&mut state);
        }
    }

    /// Ends the commands that were set aside and whose deadline has passed; returns the earliest
    /// that has not.
    pub(crate) fn expire(self: &Arc<Self>, now: Instant) -> Option<Instant> {
        let mut state = self.lock();
        let expired = state.aside.take_expired(now);
        let earliest = state.aside.earliest();
        drop(state);
        self.end_aside(expired, &Verdict::Expired);
        earliest
    }

    /// Ends the commands of a peer that are set aside, for which it is too late.
    pub(super) fn refuse_aside(self: &Arc<Self>, peer: &Arc<Peer>) {
        let held_back = self.lock().aside.take_held_back(peer);
        self.end_aside(held_back, &Verdict::Draining);
    }

    /// Ends commands that had been set aside. They leave the queue whoever is told of it.
    fn end_aside(self: &Arc<Self>, works: Vec<Work>, verdict: &Verdict) {
        let mut done = Done::default();
        for work in works {
            end_unstarted(work, verdict, &mut done);
        }
        if done.messages > 0 {
            self.leave(done);
            // What came behind them may be an event, and start.
            self.start_one(&mut self.lock());
        }
    }

    /// Whether a worker between two messages is to give its slot to a suspended handler.
    #[inline]
    pub(crate) fn is_waited_for(&self) -> bool {
        self.waited_for().load(Ordering::Relaxed)
    }

    /// The same, for who looks often.
    pub(super) fn waited_for(&self) -> &AtomicBool {
        &self.waited_for.0
    }

    /// A suspended handler was woken and asks for a slot; without one its seat is called later.
    /// Its message is among those of its worker again.
    pub(super) fn resume(&self, seat: &Arc<Seat>, waker: &Waker) -> bool {
        let mut state = self.lock();
        if seat.take_grant() {
            state.go_on();
            return true;
        }
        if state.running < state.slots && state.resuming.is_empty() {
            state.running += 1;
            state.go_on();
            return true;
        }
        if seat.sit(waker) {
            state.resuming.push_back(seat.clone());
            self.waited_for.0.store(true, Ordering::Relaxed);
        }
        false
    }

    /// Does with nothing locked what room that has come is good for.
    fn make_use_of(&self, freed: Freed) {
        let refused = freed.call();
        if refused.messages > 0 {
            self.leave(refused);
        }
    }

    fn push(self: &Arc<Self>, state: &mut QueueState, work: Work) {
        state.len += work.len();
        state.cost += work.cost();
        state.work.push_back(work);
        self.start_one(state);
    }

    /// Lets a worker take the next message, if there is one and a slot is free.
    fn start_one(self: &Arc<Self>, state: &mut QueueState) {
        let takes = state.open && !state.closed && state.resuming.is_empty();
        let free = state.running + state.starting < state.slots;
        if !takes || !free || !state.has_work() {
            return;
        }
        state.starting += 1;
        match state.idle.pop() {
            Some((seat, waker)) => seat.call(waker),
            None => {
                while state.workers.try_join_next().is_some() {}
                state
                    .workers
                    .spawn_on(Worker::new(self.clone()), &self.runtime);
            }
        }
    }

    /// A slot is free: a suspended handler goes first, then the next message.
    fn free_slot(self: &Arc<Self>, state: &mut QueueState) {
        if !self.grant_one(state) {
            state.running -= 1;
            self.start_one(state);
        }
    }

    /// Gives a slot to the first suspended handler that can go on. `false`: there is none.
    fn grant_one(&self, state: &mut QueueState) -> bool {
        let Some(seat) = state.resuming.pop_front() else {
            return false;
        };
        let others = !state.resuming.is_empty();
        self.waited_for.0.store(others, Ordering::Relaxed);
        seat.grant();
        true
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a worker that asked for work gets.
pub(super) enum Taken {
    Work(Work),
    Wait,
    NotNeeded,
}
