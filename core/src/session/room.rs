//! Who waits for room in a queue of this process, first come first served.
//!
//! Room wakes the first that waits; who takes room and leaves some wakes the next.

use std::collections::VecDeque;
use std::task::{Context, Waker};

/// The senders that wait for room in one queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Room {
    waiting: VecDeque<(u64, Waker)>,
    next_turn: u64,
}

/// One sender's place in the queue for room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn(pub(super) u64);

impl Room {
    /// Queues up, or keeps the place that `turn` is, also if it was called and has found no room.
    pub(crate) fn wait(&mut self, turn: &mut Option<Turn>, context: &Context<'_>) {
        let Turn(turn) = *turn.get_or_insert_with(|| {
            self.next_turn += 1;
            Turn(self.next_turn)
        });
        match self.place(turn) {
            Ok(at) => self.waiting[at].1.clone_from(context.waker()),
            Err(at) => self.waiting.insert(at, (turn, context.waker().clone())),
        }
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

    fn find(&self, Turn(turn): Turn) -> Option<usize> {
        self.place(turn).ok()
    }

    /// Where it is, or belongs.
    fn place(&self, turn: u64) -> Result<usize, usize> {
        self.waiting.binary_search_by_key(&turn, |(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

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
    fn a_called_sender_that_finds_no_room_keeps_its_place() {
        let mut room = Room::default();
        let (first_waker, called) = waker_that_counts();
        let (mut first, mut second) = (None, None);
        room.wait(&mut first, &Context::from_waker(&first_waker));
        room.wait(&mut second, &Context::from_waker(Waker::noop()));
        for calls in 1..=3 {
            room.call_next().expect("one that waits").wake();
            assert_eq!(
                called.load(Ordering::Relaxed),
                calls,
                "the first was called"
            );
            room.wait(&mut first, &Context::from_waker(&first_waker));
        }
    }

    struct Counts(Arc<AtomicUsize>);

    impl std::task::Wake for Counts {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn waker_that_counts() -> (Waker, Arc<AtomicUsize>) {
        let count = Arc::<AtomicUsize>::default();
        (Waker::from(Arc::new(Counts(count.clone()))), count)
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
