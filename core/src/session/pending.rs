//! The sends in progress of a lane: who waits for which outcome.
//!
//! A direct-mapped ring finds a waiter by its sequence number; what collides goes to a map. No
//! allocation and no channel per send: the slots are used again.

use std::collections::HashMap;
use std::task::{Poll, Waker};

use bytes::Bytes;
use tokio::time::Instant;

use super::lock::bound;
use super::retained::BATCH;

/// Most sends in progress per lane (promise 20).
pub(crate) const MAX_PENDING: usize = bound(65_536, 2) as usize;

/// Outcomes nobody has fetched yet from which on one keeps nothing but itself. Their senders are
/// woken at once and a read brings few, so this many wait only where somebody awaits them in turn.
const MANY_UNFETCHED: usize = 128;

/// How a send in progress ended. As long as an outcome's bytes are: what is handed on twice for each
/// command has no room for anything smaller than a word, which would be copied byte by byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The outcome came: its status byte and what follows.
    Outcome(Bytes),
    /// It ended without one.
    Without(NoOutcome),
}

/// Why no outcome comes any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoOutcome {
    /// The deadline passed. `sent`: it may have been handled.
    TimedOut { sent: bool },
    /// The receiver's incarnation ended or it is down. `sent`: it may have been handled.
    PeerLost { sent: bool },
    /// The link that an unsequenced command went on has ended. `sent`: it may have been handled.
    LinkLost { sent: bool },
    /// This bus stops. `sent`: it may have been handled.
    Stopped { sent: bool },
}

const _: () = assert!(size_of::<End>() == size_of::<Bytes>());
const _: () = assert!(size_of::<Slot>() == 64);

/// Names a send in progress; stays valid when its message gets another number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket {
    slot: u32,
    generation: u32,
}

/// One line of the cache: of a thousand sends in progress none finds its own in the nearest.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct Slot {
    sequence: u64,
    deadline: Option<Instant>,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Free,
    Waiting(Option<Waker>),
    Ended(End),
}

/// The sends in progress of one lane.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pending {
    slots: Vec<Slot>,
    /// How often each was used before; beside them, as they are full.
    generations: Vec<u32>,
    free: Vec<u32>,
    /// (sequence + 1, slot) at `sequence & mask`; 0: empty.
    ring: Vec<(u64, u32)>,
    overflow: HashMap<u64, u32>,
    waiting: usize,
}

impl Pending {
    /// Bytes that it takes at the most: slots, their free list, a ring twice as long, as many
    /// entries in the map of collisions, and the batches that outcomes lie in.
    pub(crate) const MOST_BYTES: usize = MAX_PENDING
        * (size_of::<Slot>() + 2 * size_of::<u32>() + 4 * size_of::<(u64, u32)>() + 2 * 24)
        + MANY_UNFETCHED * BATCH as usize;

    /// How many sends wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting
    }

    /// Whether so many outcomes wait to be fetched that another is not to keep what it came in.
    #[inline]
    pub(crate) fn has_many_unfetched(&self) -> bool {
        self.slots.len() - self.free.len() - self.waiting >= MANY_UNFETCHED
    }

    /// Whether one more can be entered.
    pub(crate) fn has_room(&self) -> bool {
        self.slots.len() - self.free.len() < MAX_PENDING
    }

    /// Enters a send whose message has the number `sequence`.
    #[inline]
    pub(crate) fn insert(
        &mut self,
        sequence: u64,
        deadline: Option<Instant>,
        waker: Waker,
    ) -> Ticket {
        let slot = self.free.pop().unwrap_or(self.slots.len() as u32);
        let state = State::Waiting(Some(waker));
        if let Some(used) = self.slots.get_mut(slot as usize) {
            (used.sequence, used.deadline, used.state) = (sequence, deadline, state);
        } else {
            self.generations.push(0);
            self.slots.push(Slot {
                sequence,
                deadline,
                state,
            });
        }
        self.waiting += 1;
        self.index(sequence, slot);
        Ticket {
            slot,
            generation: self.generations[slot as usize],
        }
    }

    /// Asks how the send ended; while it has not, `waker` is kept. An answer frees the ticket.
    ///
    /// Inlined, as [`complete`](Self::complete) is: an end that is handed from one to the next waits
    /// each time for the stores that made it.
    #[inline(always)]
    pub(crate) fn poll(&mut self, ticket: Ticket, waker: &Waker) -> Poll<Option<End>> {
        let Some(slot) = self.slot_mut(ticket) else {
            return Poll::Ready(None);
        };
        match &mut slot.state {
            State::Waiting(kept) => {
                if !kept.as_ref().is_some_and(|kept| kept.will_wake(waker)) {
                    *kept = Some(waker.clone());
                }
                Poll::Pending
            }
            State::Free => Poll::Ready(None),
            State::Ended(_) => {
                let ended = std::mem::replace(&mut slot.state, State::Free);
                self.release(ticket.slot);
                match ended {
                    State::Ended(end) => Poll::Ready(Some(end)),
                    _ => Poll::Ready(None),
                }
            }
        }
    }

    /// Nobody waits for this send any more.
    pub(crate) fn abandon(&mut self, ticket: Ticket) {
        let Some(slot) = self.slot_mut(ticket) else {
            return;
        };
        let sequence = slot.sequence;
        if let State::Waiting(_) = std::mem::replace(&mut slot.state, State::Free) {
            self.unindex(sequence);
            self.waiting -= 1;
        }
        self.release(ticket.slot);
    }

    /// Ends the send with this number; the waker is to be woken after unlocking.
    #[inline(always)]
    pub(crate) fn complete(&mut self, sequence: u64, end: End) -> Option<Waker> {
        let slot = self.unindex(sequence)?;
        self.end_slot(slot, end)
    }

    /// Ends every send for which `end` gives an answer.
    pub(crate) fn complete_where(
        &mut self,
        mut end: impl FnMut(u64, Option<Instant>) -> Option<End>,
        wakers: &mut Vec<Waker>,
    ) {
        for slot in 0..self.slots.len() as u32 {
            let Slot {
                sequence,
                deadline,
                state,
                ..
            } = &self.slots[slot as usize];
            if !matches!(state, State::Waiting(_)) {
                continue;
            }
            let (sequence, deadline) = (*sequence, *deadline);
            if let Some(end) = end(sequence, deadline) {
                self.unindex(sequence);
                wakers.extend(self.end_slot(slot, end));
            }
        }
    }

    /// Gives the waiting sends new numbers; `number` must answer for each of them.
    pub(crate) fn renumber(&mut self, number: impl Fn(u64) -> u64) {
        self.ring.iter_mut().for_each(|at| *at = (0, 0));
        self.overflow.clear();
        for slot in 0..self.slots.len() as u32 {
            let used = &mut self.slots[slot as usize];
            if matches!(used.state, State::Waiting(_)) {
                used.sequence = number(used.sequence);
                let sequence = used.sequence;
                self.index(sequence, slot);
            }
        }
    }

    /// The earliest deadline of the waiting sends.
    pub(crate) fn earliest(&self) -> Option<Instant> {
        let waiting = self
            .slots
            .iter()
            .filter(|slot| matches!(slot.state, State::Waiting(_)));
        waiting.filter_map(|slot| slot.deadline).min()
    }

    #[inline(always)]
    fn end_slot(&mut self, slot: u32, end: End) -> Option<Waker> {
        self.waiting -= 1;
        match std::mem::replace(&mut self.slots[slot as usize].state, State::Ended(end)) {
            State::Waiting(waker) => waker,
            _ => None,
        }
    }

    fn slot_mut(&mut self, ticket: Ticket) -> Option<&mut Slot> {
        let generation = self.generations.get(ticket.slot as usize)?;
        (*generation == ticket.generation).then(|| self.slots.get_mut(ticket.slot as usize))?
    }

    fn release(&mut self, slot: u32) {
        let generation = &mut self.generations[slot as usize];
        *generation = generation.wrapping_add(1);
        self.free.push(slot);
    }

    fn index(&mut self, sequence: u64, slot: u32) {
        if self.waiting * 2 > self.ring.len() && self.ring.len() < 2 * MAX_PENDING {
            self.grow();
        }
        let mask = self.ring.len() as u64 - 1;
        let at = &mut self.ring[(sequence & mask) as usize];
        if at.0 == 0 {
            *at = (sequence + 1, slot);
        } else {
            self.overflow.insert(sequence, slot);
        }
    }

    fn unindex(&mut self, sequence: u64) -> Option<u32> {
        let mask = (self.ring.len() as u64).checked_sub(1)?;
        let at = &mut self.ring[(sequence & mask) as usize];
        // The other side names the number: the highest has no place, and is that of no empty one.
        if at.0.checked_sub(1) == Some(sequence) {
            at.0 = 0;
            return Some(at.1);
        }
        self.overflow.remove(&sequence)
    }

    fn grow(&mut self) {
        let size = (self.ring.len() * 2).max(64);
        let old = std::mem::replace(&mut self.ring, vec![(0, 0); size]);
        let ringed = old
            .into_iter()
            .filter(|at| at.0 > 0)
            .map(|(after, slot)| (after - 1, slot));
        let all: Vec<_> = ringed.chain(std::mem::take(&mut self.overflow)).collect();
        for (sequence, slot) in all {
            self.index(sequence, slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_many_once_many_came_that_nobody_has_fetched() {
        let mut pending = Pending::default();
        let mut sends = (0..).map(|n| (n, pending.insert(n, None, Waker::noop().clone())));
        let sends: Vec<_> = sends.by_ref().take(2 * MANY_UNFETCHED).collect();
        let ended = |pending: &mut Pending, n| drop(pending.complete(n, outcome("done")));
        (1..MANY_UNFETCHED as u64).for_each(|n| ended(&mut pending, n));
        assert!(!pending.has_many_unfetched());
        ended(&mut pending, 0);
        assert!(pending.has_many_unfetched());
        assert!(pending.poll(sends[0].1, Waker::noop()).is_ready());
        assert!(!pending.has_many_unfetched());
    }

    fn outcome(text: &'static str) -> End {
        End::Outcome(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn each_send_gets_its_own_outcome_however_the_numbers_collide() {
        let mut pending = Pending::default();
        let numbers: Vec<u64> = (0..3000).map(|n| n * 64).collect();
        let tickets: Vec<_> = numbers
            .iter()
            .map(|n| pending.insert(*n, None, Waker::noop().clone()))
            .collect();
        for n in numbers.iter().rev() {
            let end = End::Outcome(Bytes::from(n.to_string()));
            assert!(pending.complete(*n, end).is_some(), "{n}");
        }
        for (n, ticket) in numbers.iter().zip(tickets) {
            let expected = End::Outcome(Bytes::from(n.to_string()));
            assert_eq!(
                pending.poll(ticket, Waker::noop()),
                Poll::Ready(Some(expected))
            );
        }
        assert_eq!(pending.len(), 0);
    }

    #[test]
    fn an_abandoned_send_ignores_its_outcome_and_its_slot_is_used_again() {
        let mut pending = Pending::default();
        let first = pending.insert(0, None, Waker::noop().clone());
        pending.abandon(first);
        assert!(pending.complete(0, outcome("late")).is_none());
        let second = pending.insert(1, None, Waker::noop().clone());
        assert_eq!(second.slot, first.slot);
        assert_eq!(pending.poll(first, Waker::noop()), Poll::Ready(None));
        assert!(pending.poll(second, Waker::noop()).is_pending());
    }

    #[test]
    fn an_outcome_with_the_highest_number_ends_nothing() {
        let mut pending = Pending::default();
        let first = pending.insert(0, None, Waker::noop().clone());
        assert!(pending.complete(u64::MAX, outcome("wrong")).is_none());
        assert_eq!(pending.len(), 1);
        assert!(pending.poll(first, Waker::noop()).is_pending());
    }

    #[test]
    fn a_renumbered_send_is_found_by_its_new_number() {
        let mut pending = Pending::default();
        let ticket = pending.insert(7, None, Waker::noop().clone());
        pending.renumber(|n| n - 7);
        assert!(pending.complete(7, outcome("wrong")).is_none());
        assert!(pending.complete(0, outcome("right")).is_some());
        assert_eq!(
            pending.poll(ticket, Waker::noop()),
            Poll::Ready(Some(outcome("right")))
        );
    }
}
