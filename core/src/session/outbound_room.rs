//! Whether there is room for a message, and who that waits for some is called.

use std::task::Waker;

use super::lane_room::Needs;
use super::log::cost_of;
use super::outbound::{HIGH_WATER, HIGH_WATER_OF_LARGE, LARGE, Outbound};
use super::room::Turn;

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
        let kept = match self.room.is_kept_for(turn) {
            true => 0,
            false => self.room.kept(),
        };
        let (cost, more) = (self.log.cost() + kept, cost_of(body_len));
        cost == 0 || cost + more <= self.share.limit() || self.share.make_room(cost + more)
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

    #[inline(never)]
    fn call_next(&mut self) -> Option<Waker> {
        let Some((turn, needs)) = self.room.first() else {
            return self.call_for_place();
        };
        let turn = Some(turn);
        let pulls = matches!(needs, Needs::LogAndPull(_)) && !self.room.is_kept_for(turn);
        // Not for want of room: who comes behind it has to wait for the transport as well.
        if pulls && self.outgoing() >= HIGH_WATER {
            return None;
        }
        if self.has_log_room_for(needs.len(), turn) {
            return self.room.call_first();
        }
        self.room.keep_for_first();
        None
    }
}
