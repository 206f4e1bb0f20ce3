//! A worker: a task that runs the messages of one queue, one at a time, in slots it keeps.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::time::Instant;

use super::answer::{Answer, Ended};
use super::completion::Completion;
use super::current_handler::Awaited;
use super::delivery::{Body, Delivery};
use super::queue::{Queue, Taken};
use super::registered::Registered;
use super::run::Run;
use super::start_error::StartError;
use super::verdict::Verdict;
use super::work::{LocalBody, Work, WorkContent};
use crate::id::MessageId;
use crate::message::HeaderView;
use crate::session::kind;
use crate::wire::Reader;

/// Messages run without giving other tasks a turn.
const BURST: usize = 128;

/// Where a suspended handler waits for a slot.
#[derive(Debug, Default)]
pub(super) struct Seat {
    granted: AtomicBool,
    waiting: Mutex<Option<Waker>>,
}

impl Seat {
    /// Takes a call, or a slot that was granted.
    pub(super) fn take_grant(&self) -> bool {
        self.granted.swap(false, Ordering::AcqRel)
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

/// A task that runs messages of a queue.
pub(super) struct Worker {
    queue: Arc<Queue>,
    /// One slot per handler that this worker has run, used again.
    slots: Vec<(Arc<Registered>, Box<dyn Run>)>,
    awaited: Arc<Awaited>,
    seat: Arc<Seat>,
    /// What is left of the messages in hand.
    work: Option<Work>,
    /// Messages started since the queue was told.
    done: usize,
    phase: Phase,
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
            slots: Vec::new(),
            awaited: Arc::default(),
            seat: Seat::called(),
            work: None,
            done: 0,
            phase: Phase::Idle,
        }
    }

    /// Starts the next message in hand, in its handler's slot.
    fn start_next(&mut self) {
        let Some(work) = &mut self.work else { return };
        let index = slot_index(&mut self.slots, &work.handler);
        let Some((_, slot)) = self.slots.get_mut(index) else {
            return;
        };
        let states = self.queue.states();
        let answer = Answer::of(work);
        let started = catch_unwind(AssertUnwindSafe(|| match &work.content {
            WorkContent::Wire { run, origin } => {
                let Some(item) = run.parcel.items.get(run.items.start) else {
                    return Err(Refusal::Unreadable);
                };
                if item
                    .deadline
                    .is_some_and(|deadline| deadline <= Instant::now())
                {
                    return Err(Refusal::Expired);
                }
                let mut body = Reader::new(run.parcel.body(item));
                let id = body.u64_le("id").map_err(|_| Refusal::Unreadable)?;
                let headers = if item.kind & kind::HEADERS != 0 {
                    body.bytes("headers", crate::message::Headers::MAX_LEN)
                } else {
                    Ok(&[][..])
                };
                let headers = headers.map_err(|_| Refusal::Unreadable)?;
                let delivery = Delivery {
                    body: Body::Encoded(body.rest()),
                    id: MessageId::from_parts(id, origin.tail),
                    sender: &origin.sender,
                    headers: HeaderView::new(headers).map_err(|_| Refusal::Unreadable)?,
                    deadline: item.deadline,
                    states,
                };
                slot.start(delivery).map_err(Refusal::Start)
            }
            WorkContent::Local(message) => {
                if message
                    .deadline
                    .is_some_and(|deadline| deadline <= Instant::now())
                {
                    return Err(Refusal::Expired);
                }
                let body = match &message.body {
                    LocalBody::Encoded(bytes) => Body::Encoded(bytes),
                    LocalBody::Value(value) => {
                        let value = value.lock().unwrap_or_else(PoisonError::into_inner).take();
                        Body::Local(value.unwrap_or_else(|| Box::new(()) as Box<dyn Any + Send>))
                    }
                };
                let delivery = Delivery {
                    body,
                    id: message.id,
                    sender: &message.sender,
                    headers: HeaderView::new(&message.headers).map_err(|_| Refusal::Unreadable)?,
                    deadline: message.deadline,
                    states,
                };
                slot.start(delivery).map_err(Refusal::Start)
            }
        }));
        self.done += 1;
        advance(&mut self.work);
        match started {
            Ok(Ok(())) => self.phase = Phase::Running(index, answer),
            Ok(Err(refusal)) => self.end(index, answer, refusal.into()),
            Err(_) => {
                self.slots.swap_remove(index);
                answer.give(Ended::Verdict(Verdict::Panicked), None);
                self.phase = Phase::Ready;
            }
        }
    }

    /// Polls the running handler. `false`: it is pending.
    fn poll_running(&mut self, index: usize, answer: Answer, context: &mut Context<'_>) -> bool {
        let Some((_, slot)) = self.slots.get_mut(index) else {
            return true;
        };
        let polled = catch_unwind(AssertUnwindSafe(|| {
            self.awaited.scope(|| slot.poll(context))
        }));
        match polled {
            Ok(Poll::Pending) => {
                self.phase = Phase::Running(index, answer);
                return false;
            }
            Ok(Poll::Ready(completion)) => {
                let ended = match completion {
                    Completion::Handled => Ended::Handled,
                    Completion::Rejected(error) => Ended::Verdict(Verdict::Rejected(error)),
                    Completion::Failed(text) => Ended::Verdict(Verdict::Failed(text)),
                };
                self.end(index, answer, ended);
            }
            Err(_) => {
                // Dropping what panicked may panic again.
                let broken = self.slots.swap_remove(index);
                let _ = catch_unwind(AssertUnwindSafe(move || drop(broken)));
                answer.give(Ended::Verdict(Verdict::Panicked), None);
                self.phase = Phase::Ready;
            }
        }
        // A send that outlives its handler must not free the slot of the next one.
        if self.awaited.is_some() {
            self.awaited = Arc::default();
        }
        true
    }

    fn end(&mut self, index: usize, answer: Answer, ended: Ended) {
        let slot = self.slots.get_mut(index).map(|(_, slot)| slot);
        answer.give(ended, slot);
        self.phase = Phase::Ready;
    }
}

impl Future for Worker {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let worker = &mut *self;
        for _ in 0..BURST {
            match std::mem::replace(&mut worker.phase, Phase::Ready) {
                Phase::Idle => {
                    worker.phase = Phase::Idle;
                    match worker.queue.take_work(&worker.seat, context.waker()) {
                        Taken::Work(work) => {
                            worker.work = Some(work);
                            worker.phase = Phase::Ready;
                        }
                        Taken::Wait => return Poll::Pending,
                        Taken::NotNeeded => return Poll::Ready(()),
                    }
                }
                Phase::Ready if worker.work.is_some() => worker.start_next(),
                Phase::Ready => {
                    let done = std::mem::take(&mut worker.done);
                    worker.work = worker.queue.next_work(done);
                    if worker.work.is_none() {
                        worker.phase = Phase::Idle;
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
}

impl Worker {
    /// Frees the slot of a pending handler that awaits a send. `true`: suspended.
    fn try_suspend(&mut self) -> bool {
        let Phase::Running(index, _) = &self.phase else {
            return false;
        };
        let exclusive = self
            .slots
            .get(*index)
            .is_none_or(|(at, _)| at.handler.options().exclusive);
        if exclusive || !self.awaited.is_some() {
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

/// Why a message did not start.
enum Refusal {
    Start(StartError),
    Expired,
    Unreadable,
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Start(StartError::Unwanted) => Self::Unwanted,
            Refusal::Start(StartError::Undecodable(text)) => {
                Self::Verdict(Verdict::Undecodable(text))
            }
            Refusal::Start(StartError::Rejected(text)) => Self::Verdict(Verdict::Failed(text)),
            Refusal::Expired => Self::Verdict(Verdict::Expired),
            Refusal::Unreadable => Self::Verdict(Verdict::Undecodable(
                "its head or its headers are no such".into(),
            )),
        }
    }
}

fn slot_index(
    slots: &mut Vec<(Arc<Registered>, Box<dyn Run>)>,
    handler: &Arc<Registered>,
) -> usize {
    match slots
        .iter()
        .position(|(known, _)| Arc::ptr_eq(known, handler))
    {
        Some(index) => index,
        None => {
            slots.push((handler.clone(), handler.handler.slot()));
            slots.len() - 1
        }
    }
}

/// The first message in hand has been started.
fn advance(work: &mut Option<Work>) {
    let left = match work.as_mut().map(|work| &mut work.content) {
        Some(WorkContent::Wire { run, .. }) => {
            run.items.start += 1;
            run.sequence += 1;
            !run.items.is_empty()
        }
        _ => false,
    };
    if !left {
        *work = None;
    }
}
