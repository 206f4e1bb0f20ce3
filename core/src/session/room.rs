//! Who waits for room in a lane, first come first served.
//!
//! Room wakes the first that waits; who takes room and leaves some wakes the next. So a full lane
//! with ten thousand waiting senders costs one wake per message, not ten thousand per
//! acknowledgement.

use std::collections::VecDeque;
use std::task::{Context, Waker};

/// The senders that wait for room in one lane.
#[derive(Debug, Clone, Default)]
pub(crate) struct Room {
    waiting: VecDeque<(u64, Waker)>,
    next_turn: u64,
}

/// One sender's place in the queue for room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn(u64);

impl Room {
    /// Queues up, or keeps the place that `turn` already is.
    pub(crate) fn wait(&mut self, turn: &mut Option<Turn>, context: &Context<'_>) {
        if let Some(at) = turn.and_then(|turn| self.find(turn)) {
            self.waiting[at].1.clone_from(context.waker());
            return;
        }
        *turn = Some(Turn(self.next_turn));
        self.waiting
            .push_back((self.next_turn, context.waker().clone()));
        self.next_turn += 1;
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes out the first that waits; it is to be woken after unlocking.
    pub(crate) fn call_next(&mut self) -> Option<Waker> {
        self.waiting.pop_front().map(|(_, waker)| waker)
    }

    /// Takes out all that wait.
    pub(crate) fn call_all(&mut self, wakers: &mut Vec<Waker>) {
        wakers.extend(self.waiting.drain(..).map(|(_, waker)| waker));
    }

    /// A sender got room. One that was not called, but happened to ask while there was some, gives
    /// up its place: a later call would reach nobody, and those behind it would wait on.
    pub(crate) fn serve(&mut self, turn: &mut Option<Turn>) {
        if let Some(at) = turn.take().and_then(|turn| self.find(turn)) {
            self.waiting.remove(at);
        }
    }

    /// Leaves the queue. A sender that had been called and leaves unserved passes the call on.
    pub(crate) fn leave(&mut self, turn: Turn) -> Option<Waker> {
        match self.find(turn) {
            Some(at) => {
                self.waiting.remove(at);
                None
            }
            None => self.call_next(),
        }
    }

    fn find(&self, turn: Turn) -> Option<usize> {
        self.waiting
            .binary_search_by_key(&turn.0, |(at, _)| *at)
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_called_sender_that_leaves_passes_the_call_on() {
        let mut room = Room::default();
        let context = Context::from_waker(Waker::noop());
        let (mut first, mut second) = (None, None);
        room.wait(&mut first, &context);
        room.wait(&mut second, &context);
        room.wait(&mut second, &context);
        assert!(room.call_next().is_some());
        assert!(
            room.leave(first.unwrap()).is_some(),
            "the second was not called"
        );
        assert!(room.leave(second.unwrap()).is_none());
        assert!(room.call_next().is_none());
    }
    #[test]
    fn a_sender_that_was_served_out_of_turn_is_not_called() {
        let mut room = Room::default();
        let context = Context::from_waker(Waker::noop());
        let (mut first, mut second) = (None, None);
        room.wait(&mut first, &context);
        room.wait(&mut second, &context);
        room.serve(&mut first);
        assert!(first.is_none());
        assert!(room.call_next().is_some(), "the second is called");
        room.serve(&mut second);
        assert!(room.call_next().is_none());
    }
}
