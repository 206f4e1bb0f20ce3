//! A worker: a task that runs the messages of one queue, one at a time, in slots it keeps.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::Instant;

use super::answer::{Answer, Ended};
use super::current_handler::Awaited;
use super::done::Done;
use super::in_hand::{InHand, Stopped};
use super::kept_slots::KeptSlots;
use super::queue::{Queue, Taken};
use super::starting::start;
use super::verdict::Verdict;
use super::work::{Work, WorkContent};
use crate::peers::{let_go, unharmed};

/// Messages run without giving other tasks a turn, or looking at the clock.
const BURST: usize = 64;
/// How long a worker goes on after a burst: long enough for what a read has brought, which is then
/// still in the nearest caches, and whose outcomes leave together.
const TURN: Duration = Duration::from_micros(50);
/// Bursts in a row, however little time they seem to take.
const MOST_BURSTS: usize = 16;
/// Commands between two looks at the clock for deadlines: each look costs 24 ns. A deadline that
/// passes meanwhile is missed by as long as these commands take.
const LOOK: usize = 8;

/// Where a suspended handler waits for a slot, and its worker is found.
#[derive(Debug, Default)]
pub(super) struct Seat {
    granted: AtomicBool,
    /// A handler was removed for which the worker keeps a slot.
    to_look: AtomicBool,
    waiting: Mutex<Option<Waker>>,
    /// The worker's task.
    task: OnceLock<Waker>,
}

impl Seat {
    /// Takes a call, or a slot that was granted.
    pub(super) fn take_grant(&self) -> bool {
        self.granted.swap(false, Ordering::AcqRel)
    }

    /// The worker is to look which of its slots are of handlers that were removed.
    pub(super) fn is_to_look(&self) {
        self.to_look.store(true, Ordering::Release);
        if let Some(task) = self.task.get() {
            task.wake_by_ref();
        }
    }

    /// Waits; `false`: it did already.
    pub(super) fn sit(&self, waker: &Waker) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.replace(waker.clone()).is_none()
    }

    /// The seat of a worker that is begun because there is work.
    fn called() -> Arc<Self> {
        let seat = Self::default();
        seat.granted.store(true, Ordering::Release);
        Arc::new(seat)
    }

    /// Calls an idle worker: there is work.
    pub(super) fn call(&self, waker: Waker) {
        self.granted.store(true, Ordering::Release);
        waker.wake();
    }

    /// Grants a slot.
    pub(super) fn grant(&self) {
        self.granted.store(true, Ordering::Release);
        let waker = self
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// How long a worker keeps others waiting.
#[derive(Default)]
struct Turn {
    bursts: usize,
    /// When the first of them was over.
    begun: Option<Instant>,
}

impl Turn {
    /// Whether there may be another burst.
    fn goes_on(&mut self) -> bool {
        self.bursts += 1;
        let begun = *self.begun.get_or_insert_with(Instant::now);
        self.bursts < MOST_BURSTS && begun.elapsed() < TURN
    }
}

/// A task that runs messages of a queue.
pub(super) struct Worker {
    queue: Arc<Queue>,
    slots: KeptSlots,
    awaited: Arc<Awaited>,
    seat: Arc<Seat>,
    /// What is left of the messages in hand.
    work: Option<Work>,
    /// Messages started that the queue has not been told of as ended.
    done: Done,
    phase: Phase,
    /// The last look at the clock, for commands.
    now: Instant,
}

enum Phase {
    /// Without a slot and without work.
    Idle,
    /// With a slot, between two messages.
    Ready,
    /// A handler runs in this slot.
    Running(usize, Answer),
    /// The same, but the handler awaits a send and its slot is free.
    Suspended(usize, Answer),
}

impl Worker {
    pub(super) fn new(queue: Arc<Queue>) -> Self {
        Self {
            queue,
            slots: KeptSlots::default(),
            awaited: Arc::default(),
            seat: Seat::called(),
            work: None,
            done: Done::default(),
            phase: Phase::Idle,
            now: Instant::now(),
        }
    }

    /// Starts the next message in hand and polls it once.
    fn run_next(&mut self, context: &mut Context<'_>) {
        self.start_next();
        if let Phase::Running(index, answer) = std::mem::replace(&mut self.phase, Phase::Ready) {
            self.poll_running(index, answer, context);
        }
    }

    /// Starts the next message in hand, in its handler's slot.
    fn start_next(&mut self) {
        let Some(work) = &mut self.work else { return };
        let index = self.slots.index_of(&work.handler, &self.seat);
        let states = self.queue.states();
        let (answer, cost) = (Answer::of(work), work.first_cost());
        let started = index.and_then(|index| {
            let slot = self.slots.get_mut(index)?;
            let started = catch_unwind(AssertUnwindSafe(|| start(slot.as_mut(), work, states)));
            Some((index, started))
        });
        self.done.start(cost);
        advance(&mut self.work, 1);
        match started {
            None => tell_panicked(answer),
            Some((index, Ok(Ok(())))) => self.phase = Phase::Running(index, answer),
            Some((index, Ok(Err(refusal)))) => self.end(index, answer, refusal.into()),
            Some((index, Err(_))) => self.end_panicked(index, answer),
        }
    }

    /// Polls the running handler. `false`: it is pending.
    fn poll_running(&mut self, index: usize, answer: Answer, context: &mut Context<'_>) -> bool {
        let Some(slot) = self.slots.get_mut(index) else {
            return true;
        };
        let polled = catch_unwind(AssertUnwindSafe(|| slot.poll(context)));
        match polled {
            Ok(Poll::Pending) => {
                self.phase = Phase::Running(index, answer);
                return false;
            }
            Ok(Poll::Ready(completion)) => self.end(index, answer, completion.into()),
            Err(_) => self.end_panicked(index, answer),
        }
        self.leave_awaited();
        true
    }

    /// Whether something else goes on before what is in hand.
    fn gives_way(&self) -> bool {
        let work = self.work.as_ref().filter(|work| !work.is_next);
        work.is_some_and(|work| self.queue.is_waited_for() || work.is_held_back())
    }

    /// Runs the messages in hand, at most `most`, as far as none of them waits and it does not
    /// [give way](Self::gives_way). Returns how many were started; `None`: what is in hand is to be
    /// run one by one.
    fn run_in_hand(&mut self, most: usize, context: &mut Context<'_>) -> Option<usize> {
        let work = self.work.as_mut()?;
        let mut most = most;
        if work.handler.handler.is_command() {
            (self.now, most) = (Instant::now(), most.min(LOOK));
        }
        let index = self.slots.index_of(&work.handler, &self.seat)?;
        let mut messages = InHand::of(work, &self.queue, &self.awaited, self.now, most)?;
        let slot = self.slots.get_mut(index)?;
        let ran = catch_unwind(AssertUnwindSafe(|| slot.run_all(&mut messages, context)));
        let done = messages.done();
        let last = match ran {
            Ok(Stopped::Done) => None,
            _ => Some(messages.answer()),
        };
        self.done.add(done);
        advance(&mut self.work, done.messages);
        if let Some(answer) = last {
            self.stop_at(index, answer, ran);
        }
        Some(done.messages)
    }

    /// Goes on with the message at which a run of them stopped.
    fn stop_at(&mut self, index: usize, answer: Answer, ran: std::thread::Result<Stopped>) {
        match ran {
            Ok(Stopped::Done) => return,
            Ok(Stopped::Pending) => {
                self.phase = Phase::Running(index, answer);
                return;
            }
            Ok(Stopped::Refused(refusal)) => self.end(index, answer, refusal.into()),
            Ok(Stopped::Ended(completion)) => self.end(index, answer, completion.into()),
            Err(_) => self.end_panicked(index, answer),
        }
        self.leave_awaited();
    }

    /// A send that outlives its handler must not free the slot of the next one.
    fn leave_awaited(&mut self) {
        if self.awaited.is_some() {
            self.awaited = Arc::default();
            self.awaited.replace();
        }
    }

    fn end_panicked(&mut self, index: usize, answer: Answer) {
        self.slots.drop_one(index);
        tell_panicked(answer);
        self.phase = Phase::Ready;
    }

    fn end(&mut self, index: usize, answer: Answer, ended: Ended) {
        let slot = self.slots.get_mut(index);
        // Encoding the reply is the codec's code, and may panic like the handler's.
        if catch_unwind(AssertUnwindSafe(|| answer.give(ended, slot))).is_err() {
            self.slots.drop_one(index);
            // So may a log, every time, or the waker of a transport.
            unharmed("who is told of a panic", || answer.give_panicked());
        }
        let_go(Some(answer));
        self.phase = Phase::Ready;
    }
}

impl Future for Worker {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let worker = &mut *self;
        // One that ended with its slot would hold up its queue for ever. Between two messages, where
        // code of others may run, it is always ready for the next.
        let polled = unharmed("what a worker ran", || worker.go_on(context));
        let polled = polled.unwrap_or_else(|| {
            context.waker().wake_by_ref();
            Poll::Pending
        });
        if polled.is_pending() {
            worker.say_what_has_ended();
            // Also if its handler hangs: who was removed meanwhile does not wait for that.
            if worker.seat.to_look.load(Ordering::Acquire) {
                worker.look_for_removed();
            }
        }
        polled
    }
}

impl Worker {
    /// Runs messages until a handler waits, there are no more, or others are to have a turn.
    fn go_on(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let worker = self;
        let _entered = worker.awaited.enter();
        let mut turn = Turn::default();
        let mut left = BURST;
        while left > 0 || turn.goes_on() {
            left = left.checked_sub(1).unwrap_or(BURST - 1);
            match std::mem::replace(&mut worker.phase, Phase::Ready) {
                Phase::Idle => {
                    worker.phase = Phase::Idle;
                    // Always the same.
                    worker.seat.task.get_or_init(|| context.waker().clone());
                    match worker.queue.take_work(&worker.seat, context.waker()) {
                        Taken::Work(work) => {
                            worker.work = Some(work);
                            worker.phase = Phase::Ready;
                            // No turn ends here: others would start what comes after it.
                            left += 1;
                        }
                        Taken::Wait => return Poll::Pending,
                        Taken::NotNeeded => return Poll::Ready(()),
                    }
                }
                Phase::Ready if worker.work.is_some() && !worker.gives_way() => {
                    match worker.run_in_hand(left + 1, context) {
                        None => worker.run_next(context),
                        Some(started) => left = (left + 1).saturating_sub(started.max(1)),
                    }
                    if matches!(worker.phase, Phase::Running(..)) && !worker.try_suspend() {
                        return Poll::Pending;
                    }
                }
                Phase::Ready => {
                    let done = std::mem::take(&mut worker.done);
                    worker.work = worker.queue.next_work(done, worker.work.take());
                    match worker.work {
                        None => worker.phase = Phase::Idle,
                        // As above.
                        Some(_) => left += 1,
                    }
                }
                Phase::Running(index, answer) => {
                    if !worker.poll_running(index, answer, context) && !worker.try_suspend() {
                        return Poll::Pending;
                    }
                }
                Phase::Suspended(index, answer) => {
                    if !worker.queue.resume(&worker.seat, context.waker()) {
                        worker.phase = Phase::Suspended(index, answer);
                        return Poll::Pending;
                    }
                    worker.done.start(0);
                    worker.phase = Phase::Running(index, answer);
                }
            }
            if matches!(worker.phase, Phase::Suspended(..)) {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// A handler may wait for long, and its queue has room meanwhile for as many as have ended.
    fn say_what_has_ended(&mut self) {
        let runs = matches!(self.phase, Phase::Running(..));
        let ended = self.done.take_ended(runs);
        if ended.messages > 0 {
            self.queue.leave(ended);
        }
    }

    /// Lets go of handlers that were removed, but for the one that runs.
    #[cold]
    fn look_for_removed(&mut self) {
        // In this order: who removes another now calls again.
        self.seat.to_look.swap(false, Ordering::AcqRel);
        let running = match &mut self.phase {
            Phase::Running(index, _) | Phase::Suspended(index, _) => Some(index),
            Phase::Idle | Phase::Ready => None,
        };
        if self.slots.drop_removed(running) {
            // Once it has ended.
            self.seat.to_look.store(true, Ordering::Release);
        }
    }

    /// Frees the slot of a pending handler that awaits a send. `true`: suspended.
    fn try_suspend(&mut self) -> bool {
        let Phase::Running(index, _) = &self.phase else {
            return false;
        };
        if self.slots.is_exclusive(*index) || !self.awaited.is_some() {
            return false;
        }
        let done = std::mem::take(&mut self.done);
        if let Err(rest) = self.queue.suspend(done, self.work.take()) {
            (self.done, self.work) = (done, rest);
            return false;
        }
        if let Phase::Running(index, answer) = std::mem::replace(&mut self.phase, Phase::Idle) {
            self.phase = Phase::Suspended(index, answer);
        }
        true
    }
}

/// The first messages in hand have been started.
fn advance(work: &mut Option<Work>, count: usize) {
    let left = match work.as_mut().map(|work| &mut work.content) {
        Some(WorkContent::Wire { run, .. }) => {
            run.items.start += count;
            run.sequence += count as u64;
            !run.items.is_empty()
        }
        _ => false,
    };
    if !left {
        let_go(work.take());
    }
}

/// Tells that a handler, or the making of its slot, panicked.
fn tell_panicked(answer: Answer) {
    let ended = Ended::Verdict(Verdict::Panicked);
    unharmed("who is told of a panic", || answer.give(ended, None));
    let_go(Some(answer));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_turn_ends_when_its_time_is_over_and_also_where_no_time_passes() {
        let bursts = |turn: &mut Turn| 1 + (0..).take_while(|_| turn.goes_on()).count();
        assert_eq!(bursts(&mut Turn::default()), MOST_BURSTS);
        let mut turn = Turn::default();
        assert!(turn.goes_on());
        tokio::time::advance(TURN).await;
        assert_eq!(bursts(&mut turn), 1);
    }
}
