//! What the two sides of a link share: two flows, and how the link ended for each side.
//!
//! One lock per link. It is never held across an await, and nothing of anybody else runs under it:
//! wakers are collected and woken after it was given back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::delay::Delay;
use super::faults::Counters;
use super::flow::{Acceptable, Flow};
use super::lane::{Found, Reading};
use crate::transport::{CloseReason, LinkEnd};

/// A side that hears nothing for this long, because of a black hole or because the other side has
/// gone without a word, takes the link for broken.
const SILENCE: Duration = Duration::from_secs(10);

/// Which side of a link this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Dialler = 0,
    Acceptor = 1,
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::Dialler, Self::Acceptor];

    pub(super) fn other(self) -> Self {
        match self {
            Self::Dialler => Self::Acceptor,
            Self::Acceptor => Self::Dialler,
        }
    }
}

#[derive(Debug)]
pub(super) struct Connection {
    state: Mutex<State>,
    /// A lane can be accepted, an end is nearer, a hole has opened or closed.
    changed: Notify,
}

/// Guarded by the lock. Arrays are indexed by side; a flow by the side that writes it.
#[derive(Debug)]
pub(super) struct State {
    flows: [Flow; 2],
    ends: [Option<Ended>; 2],
    /// Ends that travel towards a side.
    coming: [Option<(Instant, LinkEnd)>; 2],
    counters: Arc<Counters>,
}

#[derive(Debug)]
struct Ended {
    at: Instant,
    how: LinkEnd,
}

/// Whom to wake once the lock is free.
#[derive(Debug, Default)]
#[must_use]
pub(super) struct Wakes {
    wakers: Vec<Waker>,
    changed: bool,
}

impl Wakes {
    pub(super) fn add(&mut self, waker: Option<Waker>) {
        self.wakers.extend(waker);
    }
}

/// What a waiting task does next.
pub(super) enum Step<T> {
    Done(T),
    WaitUntil(Instant),
    Wait,
}

impl Connection {
    pub(super) fn new(
        delays: [Delay; 2],
        random: &mut fastrand::Rng,
        counters: &Arc<Counters>,
    ) -> Arc<Self> {
        let state = State {
            flows: delays.map(|delay| Flow::new(delay, random.fork(), counters.clone())),
            ends: [None, None],
            coming: [None, None],
            counters: counters.clone(),
        };
        Arc::new(Self {
            state: Mutex::new(state),
            changed: Notify::new(),
        })
    }

    /// Changes the state; whoever has to know learns it before this returns.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State, &mut Wakes) -> T) -> T {
        let mut wakes = Wakes::default();
        let value = self.change_quietly(&mut wakes, change);
        self.wake(wakes);
        value
    }

    /// Changes the state and leaves it to the caller to [wake](Self::wake).
    pub(super) fn change_quietly<T>(
        &self,
        wakes: &mut Wakes,
        change: impl FnOnce(&mut State, &mut Wakes) -> T,
    ) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state, wakes)
    }

    pub(super) fn wake(&self, wakes: Wakes) {
        for waker in wakes.wakers {
            waker.wake();
        }
        if wakes.changed {
            self.changed.notify_waiters();
        }
    }

    /// Looks again at every change, and at the instant that the last look named, until it is done.
    /// May be dropped without losing anything.
    pub(super) async fn wait<T>(
        &self,
        mut look: impl FnMut(&mut State, &mut Wakes) -> Step<T>,
    ) -> T {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // From here on no change is missed, though the look comes before the waiting.
            changed.as_mut().enable();
            match self.change(&mut look) {
                Step::Done(value) => return value,
                Step::Wait => changed.await,
                Step::WaitUntil(at) => {
                    // Either way it is time to look again.
                    let _ = tokio::time::timeout_at(at, changed).await;
                }
            }
        }
    }
}

/// The life of the link.
impl State {
    pub(super) fn end_of(&self, side: Side) -> Option<&LinkEnd> {
        self.ends[side as usize].as_ref().map(|ended| &ended.how)
    }

    /// `side` closes: it has ended at once, the other side when the reason arrives.
    pub(super) fn close(&mut self, side: Side, reason: CloseReason, wakes: &mut Wakes) {
        if self.end_of(side).is_some() {
            return;
        }
        self.end(side, LinkEnd::Here(reason), wakes);
        let other = side.other();
        if self.end_of(other).is_some() || self.coming[other as usize].is_some() {
            return;
        }
        if self.flows[side as usize].hole.is_some() {
            self.counters.closes_lost.add(1);
        } else {
            self.send_end(other, LinkEnd::There(reason), wakes);
        }
    }

    /// Both sides notice at once that the link is broken. `false`: it had ended for both before.
    pub(super) fn sever(&mut self, why: &str, wakes: &mut Wakes) -> bool {
        let alive = self.ends.iter().any(Option::is_none);
        for side in Side::BOTH {
            self.end(side, LinkEnd::Broken(why.to_owned()), wakes);
        }
        alive
    }

    /// What `side` writes vanishes from now on.
    pub(super) fn open_hole(&mut self, side: Side, wakes: &mut Wakes) {
        self.flows[side as usize].stop(Instant::now());
        wakes.changed = true;
    }

    /// What `side` writes passes again, what vanished before is repeated.
    pub(super) fn close_hole(&mut self, side: Side, wakes: &mut Wakes) {
        for flow in &mut self.flows {
            flow.wake_readers(wakes);
            flow.wake_writers(wakes);
        }
        self.flows[side as usize].hole = None;
        wakes.changed = true;
        if self.flows.iter().any(|flow| flow.hole.is_some()) {
            return;
        }
        for side in Side::BOTH {
            let forgotten = self.ends[side.other() as usize].is_some()
                && self.ends[side as usize].is_none()
                && self.coming[side as usize].is_none();
            if forgotten {
                self.counters.ends_forgotten.add(1);
                let why = "the other side no longer knows this link";
                self.send_end(side, LinkEnd::Broken(why.to_owned()), wakes);
            }
        }
    }

    pub(super) fn set_delay(&mut self, side: Side, delay: Delay) {
        self.flows[side as usize].delay = delay;
    }

    /// Lets happen what is due; done when the link has ended for both sides.
    pub(super) fn pass_time(&mut self, wakes: &mut Wakes) -> Step<()> {
        let now = Instant::now();
        let mut next: Option<Instant> = None;
        for side in Side::BOTH {
            if self.end_of(side).is_some() {
                continue;
            }
            let gives_up = self.silent_since(side).map(|since| since + SILENCE);
            let arrives = self.coming[side as usize].as_ref().map(|(at, _)| *at);
            if arrives.is_some_and(|at| at <= now) {
                if let Some((_, how)) = self.coming[side as usize].take() {
                    self.end(side, how, wakes);
                }
            } else if gives_up.is_some_and(|at| at <= now) {
                self.counters.ends_timed_out.add(1);
                let why = format!("nothing heard for {} s", SILENCE.as_secs());
                self.end(side, LinkEnd::Broken(why), wakes);
            }
        }
        // A second round: the end of one side is what the other begins to wait for.
        for side in Side::BOTH {
            if self.end_of(side).is_none() {
                let gives_up = self.silent_since(side).map(|since| since + SILENCE);
                let arrives = self.coming[side as usize].as_ref().map(|(at, _)| *at);
                next = [next, gives_up, arrives].into_iter().flatten().min();
            }
        }
        match next {
            _ if self.ends.iter().all(Option::is_some) => Step::Done(()),
            Some(at) => Step::WaitUntil(at),
            None => Step::Wait,
        }
    }

    /// Since when `side` hears nothing, though there might be something to hear.
    fn silent_since(&self, side: Side) -> Option<Instant> {
        let other = side.other() as usize;
        let ended = self.ends[other].as_ref().map(|ended| ended.at);
        let untold = ended.filter(|_| self.coming[side as usize].is_none());
        [self.flows[other].hole, untold].into_iter().flatten().min()
    }

    fn send_end(&mut self, to: Side, how: LinkEnd, wakes: &mut Wakes) {
        let flow = &mut self.flows[to.other() as usize];
        let travels = flow.delay.draw(&mut flow.random);
        if travels.is_zero() {
            self.end(to, how, wakes);
        } else {
            self.coming[to as usize] = Some((Instant::now() + travels, how));
            wakes.changed = true;
        }
    }

    fn end(&mut self, side: Side, how: LinkEnd, wakes: &mut Wakes) {
        if self.end_of(side).is_some() {
            return;
        }
        let now = Instant::now();
        let here = matches!(how, LinkEnd::Here(_));
        self.ends[side as usize] = Some(Ended { at: now, how });
        wakes.changed = true;
        let incoming = &mut self.flows[side.other() as usize];
        for lane in incoming.lanes.values_mut() {
            if here || lane.reading != Reading::Now {
                lane.discard(&self.counters);
            } else {
                lane.keep_a_prefix(now, &self.counters);
            }
        }
        incoming.wake_readers(wakes);
        self.flows[side as usize].wake_writers(wakes);
    }
}

/// What the two ends of a lane do. `writer` and `reader` are the sides they are on.
impl State {
    /// Opens a lane; `None` when the link has ended, or ends because too much was asked for.
    pub(super) fn open(&mut self, writer: Side, control: bool, wakes: &mut Wakes) -> Option<u64> {
        if self.end_of(writer).is_some() {
            return None;
        }
        match self.flows[writer as usize].open(control) {
            Ok(number) => Some(number),
            Err(fault) => {
                tracing::error!(fault, "closing a link");
                self.close(writer, CloseReason::Protocol, wakes);
                None
            }
        }
    }

    pub(super) fn accept(&mut self, reader: Side) -> Step<Result<u64, LinkEnd>> {
        if let Some(end) = self.end_of(reader) {
            return Step::Done(Err(end.clone()));
        }
        match self.flows[reader.other() as usize].accept(Instant::now()) {
            Acceptable::Lane(number) => Step::Done(Ok(number)),
            Acceptable::NothingBefore(at) => Step::WaitUntil(at),
            Acceptable::Nothing => Step::Wait,
        }
    }

    /// Ready when the lane takes bytes: `true`, or takes no more: `false`.
    pub(super) fn poll_room(
        &mut self,
        writer: Side,
        lane: u64,
        context: &mut Context<'_>,
    ) -> Poll<bool> {
        let reader = writer.other();
        let reader_tells =
            self.end_of(reader).is_none() && self.flows[reader as usize].hole.is_none();
        let ended = self.end_of(writer).is_some();
        match self.flows[writer as usize].lanes.get_mut(&lane) {
            None => Poll::Ready(false),
            Some(_) if ended => Poll::Ready(false),
            Some(lane) if lane.reading == Reading::NoMore && reader_tells => Poll::Ready(false),
            Some(lane) => {
                // Kept in any case: the end of the link has to find a writer that waits for the
                // bus instead of for room.
                lane.writer = Some(context.waker().clone());
                if lane.admitted && lane.has_room() {
                    Poll::Ready(true)
                } else {
                    Poll::Pending
                }
            }
        }
    }

    /// Moves what there is room for out of `batch`.
    pub(super) fn write(
        &mut self,
        writer: Side,
        lane: u64,
        batch: &mut VecDeque<Bytes>,
        wakes: &mut Wakes,
    ) {
        let flow = &mut self.flows[writer as usize];
        if let Some(lane) = flow.lanes.get_mut(&lane) {
            let bytes = lane.fill(batch, Instant::now(), flow.delay, &self.counters);
            if flow.hole.is_some() {
                self.counters.bytes_held.add(bytes);
            }
            wakes.add(lane.reader.take());
            wakes.changed |= lane.reading == Reading::NotYet;
        }
    }

    /// The writer has gone: what its reader finds in the end is a broken lane, never a clean end.
    pub(super) fn abandon(&mut self, writer: Side, number: u64, wakes: &mut Wakes) {
        let ended = self.end_of(writer).is_some();
        let flow = &mut self.flows[writer as usize];
        if let Some(lane) = flow.lanes.get_mut(&number) {
            lane.has_writer = false;
            lane.writer = None;
            // The end of the link says more than that of its lanes, once it arrives.
            if !ended {
                let why = "the other side abandoned the lane";
                lane.broken = Some(LinkEnd::Broken(why.to_owned()));
                lane.keep_a_prefix(Instant::now(), &self.counters);
                wakes.changed = true;
            }
            wakes.add(lane.reader.take());
        }
        flow.forget_if_done(number, wakes);
    }

    /// What has arrived, or how the lane ended, or when to look again.
    pub(super) fn read(
        &mut self,
        reader: Side,
        lane: u64,
        context: &mut Context<'_>,
        chunks: &mut Vec<Bytes>,
        wakes: &mut Wakes,
    ) -> Result<Found, LinkEnd> {
        let ended = self.end_of(reader).cloned();
        let flow = &mut self.flows[reader.other() as usize];
        let Some(lane) = flow.lanes.get_mut(&lane) else {
            // A lane is kept while it has a reader.
            return Err(LinkEnd::Broken("the lane is not known any more".to_owned()));
        };
        lane.reader = Some(context.waker().clone());
        if ended.is_none() && flow.hole.is_some() {
            return Ok(Found::Nothing);
        }
        let found = lane.take(Instant::now(), chunks);
        match (found, lane.broken.clone().or(ended)) {
            (Found::Nothing, Some(end)) => Err(end),
            (Found::Bytes, _) => {
                wakes.add(lane.writer.take());
                Ok(Found::Bytes)
            }
            (found, _) => Ok(found),
        }
    }

    /// Nobody reads the lane any more, which its writer learns unless it is kept from it.
    pub(super) fn leave(&mut self, reader: Side, number: u64, wakes: &mut Wakes) {
        let flow = &mut self.flows[reader.other() as usize];
        if let Some(lane) = flow.lanes.get_mut(&number) {
            lane.discard(&self.counters);
            lane.reading = Reading::NoMore;
            lane.reader = None;
            wakes.add(lane.writer.take());
        }
        flow.forget_if_done(number, wakes);
    }
}
