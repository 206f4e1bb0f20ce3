//! Whether there is room for a message, and who that waits for some is called.
//!
//! Who takes room calls the next; so it is enough to call the first. But one that is called may not be
//! polled, in a branch that its owner has left for a while, and then nobody calls those behind it once
//! nothing more is acknowledged. So what becomes free at once calls as many as it has room for
//! together.

use std::task::Waker;

use super::lane_room::Needs;
use super::log::cost_of;
use super::outbound::{HIGH_WATER, HIGH_WATER_OF_LARGE, LARGE, Outbound};
use super::room::Turn;

/// Most that are called at once: of ten thousand that wait, those behind them are called by those who
/// take their room.
pub(super) const MOST_CALLED: usize = 16;

/// What those take who were called at once: bytes that the transport has to pull, and cost.
#[derive(Debug, Clone, Copy, Default)]
struct Called {
    bytes: usize,
    cost: u64,
}

impl Outbound {
    /// Whether an event of `body_len` bytes can be accepted now from who has this turn.
    #[inline]
    pub(crate) fn has_room_for(&mut self, body_len: usize, turn: Option<Turn>) -> bool {
        // Who waits for room is not overtaken.
        let high_water = match body_len < LARGE || !self.room.is_empty() {
            true => HIGH_WATER,
            false => HIGH_WATER_OF_LARGE,
        };
        let pulled = self.outgoing() < high_water || self.room.is_kept_for(turn);
        pulled && self.has_log_room_for(body_len, turn)
    }

    /// Whether the log alone has room for a message from who has this turn; it grows if it may. An
    /// empty one takes one message of any legal size. What is kept for another is taken.
    #[inline]
    pub(crate) fn has_log_room_for(&mut self, body_len: usize, turn: Option<Turn>) -> bool {
        self.has_log_room_beside(0, body_len, turn)
    }

    /// The same if so much of it is given away already.
    #[inline]
    fn has_log_room_beside(&mut self, given: u64, body_len: usize, turn: Option<Turn>) -> bool {
        let kept = match self.room.is_kept_for(turn) {
            true => 0,
            false => self.room.kept(),
        };
        let (cost, more) = (self.log.cost() + kept + given, cost_of(body_len));
        cost == 0 || cost + more <= self.share.limit() || self.share.make_room(cost + more)
    }

    /// Somebody who does not wait has found no room. In an empty lane it was kept for one that was
    /// called: if that one has not come by the next time, it is everybody's. Those who never wait would
    /// find none for ever, where the budget is used up.
    pub(crate) fn has_refused(&mut self) {
        if self.log.cost() == 0 {
            self.room.keep_for_nobody_called();
        }
    }

    /// Takes out the next that waits, if there is what it waits for; it is to be woken after
    /// unlocking.
    #[inline]
    pub(crate) fn call_next_if_room(&mut self) -> Option<Waker> {
        // Hardly ever does anybody wait.
        if self.room.is_empty() {
            return None;
        }
        self.call_next()
    }

    /// Takes out the next that waits for a place among the sends in progress, if there is one.
    #[inline]
    pub(crate) fn call_for_place(&mut self) -> Option<Waker> {
        // In this order: hardly ever does anybody wait.
        if self.room.awaits_place() && self.pending.has_room() {
            return self.room.call_for_place();
        }
        None
    }

    /// Who has this turn gives up. What it may have been called for is there for the next.
    pub(crate) fn leave_room(&mut self, turn: Turn) -> [Option<Waker>; 2] {
        self.room.leave(&mut Some(turn));
        [self.call_next_if_room(), self.call_for_place()]
    }

    /// Much may have become free at once: takes out all that wait, as far as there is for them
    /// together what they wait for; they are to be woken after unlocking.
    #[inline]
    pub(crate) fn call_all_with_room(&mut self, wakers: &mut Vec<Waker>) {
        if !self.room.is_empty() {
            self.call_several(wakers);
        }
    }

    #[inline(never)]
    fn call_several(&mut self, wakers: &mut Vec<Waker>) {
        let mut called = Called::default();
        let next = std::iter::from_fn(|| self.call_beside(&mut called));
        wakers.extend(next.take(MOST_CALLED));
        if self.room.first().is_none() {
            wakers.extend(self.call_for_place());
        }
    }

    #[inline(never)]
    fn call_next(&mut self) -> Option<Waker> {
        match self.room.first() {
            Some(_) => self.call_beside(&mut Called::default()),
            None => self.call_for_place(),
        }
    }

    /// Takes out the next that waits for room, if there is some beside what was given to those who
    /// were called before.
    fn call_beside(&mut self, called: &mut Called) -> Option<Waker> {
        let (turn, needs) = self.room.first()?;
        let turn = Some(turn);
        let is_kept = self.room.is_kept_for(turn);
        let pulls = matches!(needs, Needs::LogAndPull(_)) && !is_kept;
        // Not for want of room: who comes behind it has to wait for the transport as well.
        if pulls && self.outgoing() + called.bytes >= HIGH_WATER {
            return None;
        }
        if !self.has_log_room_beside(called.cost, needs.len(), turn) {
            if called.cost == 0 {
                self.room.keep_for_first();
            }
            return None;
        }
        called.bytes += needs.len();
        // What is kept for it stays so until it comes.
        called.cost += if is_kept { 0 } else { cost_of(needs.len()) };
        self.room.call_first()
    }
}
