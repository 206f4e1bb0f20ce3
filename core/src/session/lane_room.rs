//! Who waits for room in a lane, first come first served.
//!
//! Room wakes the first few that it is enough for; who takes room and leaves some wakes the next. So a
//! full lane with ten thousand waiting senders costs one wake per message, not ten thousand per
//! acknowledgement.
//!
//! Commands also need a place among the sends in progress. Who waits for that stands in a row of its
//! own: events behind it need none. Whoever was woken and finds too little keeps its place, as it is
//! that of its turn; and for the first that needs more room than there is, what becomes free is kept,
//! or many small ones would take it for ever.

use std::collections::VecDeque;
use std::task::{Context, Waker};

use super::log::cost_of;
use super::room::Turn;

/// What somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// A place among the sends in progress.
    Place,
    /// Room in the log for so many bytes.
    Log(usize),
    /// The same, and that the transport has pulled.
    LogAndPull(usize),
}

impl Needs {
    /// Bytes of the message.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Place => 0,
            Self::Log(len) | Self::LogAndPull(len) => len,
        }
    }
}

#[derive(Debug, Clone)]
struct Waiting {
    turn: u64,
    needs: Needs,
    waker: Waker,
}

/// The senders that wait in one lane.
#[derive(Debug, Clone, Default)]
pub(crate) struct LaneRoom {
    /// In the order of their turns, as are those for a place.
    for_log: VecDeque<Waiting>,
    for_place: VecDeque<Waiting>,
    next_turn: u64,
    /// Whom room in the log is kept for, and what it costs; 0: nobody.
    kept: (u64, u64),
}

impl LaneRoom {
    /// Queues up at the place of `turn`, or at the end of those that have one. Who is there already
    /// stays.
    pub(crate) fn wait(&mut self, turn: &mut Option<Turn>, needs: Needs, context: &Context<'_>) {
        let turn = turn.get_or_insert_with(|| {
            self.next_turn += 1;
            Turn(self.next_turn)
        });
        let waiting = Waiting {
            turn: turn.0,
            needs,
            waker: context.waker().clone(),
        };
        let (row, other) = match needs {
            Needs::Place => (&mut self.for_place, &mut self.for_log),
            _ => (&mut self.for_log, &mut self.for_place),
        };
        remove(other, turn.0);
        match find(row, turn.0) {
            Ok(at) => row[at] = waiting,
            Err(at) => row.insert(at, waiting),
        }
        // Whoever waits for a place has no use for room yet, and who is behind another none at all.
        let first = self.for_log.front().map(|first| first.turn);
        let is_behind = first != Some(self.kept.0) && find(&self.for_log, self.kept.0).is_ok();
        if is_behind || find(&self.for_place, self.kept.0).is_ok() {
            self.kept = (0, 0);
        }
    }

    /// Whether nobody waits.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.for_log.is_empty() & self.for_place.is_empty()
    }

    /// Whether somebody waits for a place among the sends in progress.
    #[inline]
    pub(super) fn awaits_place(&self) -> bool {
        !self.for_place.is_empty()
    }

    /// Cost of the room that is kept for somebody; whoever has no turn finds it taken.
    #[inline]
    pub(super) fn kept(&self) -> u64 {
        self.kept.1
    }

    /// Whether room is kept for who has this turn.
    #[inline]
    pub(super) fn is_kept_for(&self, turn: Option<Turn>) -> bool {
        turn.is_some_and(|turn| turn.0 == self.kept.0)
    }

    /// The first that waits for room in the log, and what for.
    pub(super) fn first(&self) -> Option<(Turn, Needs)> {
        let first = self.for_log.front()?;
        Some((Turn(first.turn), first.needs))
    }

    /// Keeps what becomes free for the first that waits for room, unless some is kept for one that
    /// has been called.
    pub(super) fn keep_for_first(&mut self) {
        if let Some(first) = self.for_log.front().filter(|_| self.kept.1 == 0) {
            self.kept = (first.turn, cost_of(first.needs.len()));
        }
    }

    /// What is kept for one that was called and does not come is everybody's again.
    pub(crate) fn keep_for_nobody_called(&mut self) {
        if find(&self.for_log, self.kept.0).is_err() {
            self.kept = (0, 0);
        }
    }

    /// Takes out the first that waits for room in the log; it is to be woken after unlocking.
    pub(super) fn call_first(&mut self) -> Option<Waker> {
        self.for_log.pop_front().map(|first| first.waker)
    }

    /// Takes out the first that waits for a place among the sends in progress.
    pub(super) fn call_for_place(&mut self) -> Option<Waker> {
        self.for_place.pop_front().map(|first| first.waker)
    }

    /// Takes out all that wait.
    pub(super) fn call_all(&mut self, wakers: &mut Vec<Waker>) {
        self.kept = (0, 0);
        let all = self.for_log.drain(..).chain(self.for_place.drain(..));
        wakers.extend(all.map(|waiting| waiting.waker));
    }

    /// A sender needs nothing more: it has what it waited for, or gives up.
    pub(crate) fn leave(&mut self, turn: &mut Option<Turn>) {
        let Some(Turn(turn)) = turn.take() else {
            return;
        };
        remove(&mut self.for_log, turn);
        remove(&mut self.for_place, turn);
        if self.kept.0 == turn {
            self.kept = (0, 0);
        }
    }
}

fn find(row: &VecDeque<Waiting>, turn: u64) -> Result<usize, usize> {
    row.binary_search_by_key(&turn, |waiting| waiting.turn)
}

fn remove(row: &mut VecDeque<Waiting>, turn: u64) {
    if let Ok(at) = find(row, turn) {
        row.remove(at);
    }
}
