//! Waiting for room in the queues of this process.

use std::sync::Arc;
use std::task::Context;

use crate::dispatch::{Dispatcher, Queue};
use crate::session::Turn;

/// A place among those who wait for room in a queue of this process. Dropping it gives the place
/// up, and a call that came for it to the next: it would be swallowed.
#[derive(Debug, Default)]
pub(super) struct RoomHere {
    /// The one that was full when room was asked for last.
    queue: Option<Arc<Queue>>,
    turn: Option<Turn>,
}

impl RoomHere {
    /// Whether all handlers of a type have room; else this waits for one that has none.
    pub(super) fn poll(
        &mut self,
        dispatcher: &Dispatcher,
        type_name: &str,
        context: &Context<'_>,
    ) -> bool {
        loop {
            if let Some(queue) = &self.queue
                && !queue.poll_room(&mut self.turn, context)
            {
                return false;
            }
            let full = dispatcher.full_queue(type_name);
            if full.is_none() {
                return true;
            }
            self.pass();
            self.queue = full;
        }
    }

    /// Leaves the room that this was called for to the next that waits for it.
    pub(super) fn pass(&self) {
        if let Some(queue) = &self.queue {
            queue.pass_room();
        }
    }

    /// The queue that this waits for.
    pub(super) fn queue(&self) -> Option<&Queue> {
        self.queue.as_deref()
    }
}

impl Drop for RoomHere {
    fn drop(&mut self) {
        if let (Some(queue), Some(turn)) = (&self.queue, self.turn.take()) {
            queue.leave_room(turn);
        }
    }
}
