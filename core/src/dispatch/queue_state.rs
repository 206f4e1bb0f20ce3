//! What a dispatch queue knows, and its arithmetic: what it holds, who waits for room in it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use tokio::task::JoinSet;

use super::answer::end_unstarted;
use super::aside::Aside;
use super::backlog::Backlog;
use super::done::Done;
use super::verdict::Verdict;
use super::work::Work;
use super::worker::Seat;
use crate::peers::{Peer, unharmed};
use crate::session::{Item, LaneId, Room, Run, cost_of, wake_all};

/// Messages a queue holds (promise 20). What is set aside is not among them, so that a peer that
/// does not fetch its outcomes uses up nobody else's room: as many again, and what came behind them
/// and is no command.
pub(crate) const CAPACITY: usize = 10_000;
/// Cost of the messages a queue holds: payload and headers, at least 128 bytes each. An empty one
/// takes a message of any size. What is set aside is bounded likewise.
pub(crate) const QUEUE_COST: u64 = 8 << 20;

/// What a dispatch queue knows, behind its lock.
#[derive(Debug)]
pub(super) struct QueueState {
    /// How many handlers may run at once.
    pub(super) slots: usize,
    pub(super) work: Backlog,
    /// What goes before `work`, but not yet.
    pub(super) aside: Aside,
    /// Commands that could neither start nor be set aside. What takes the next work under the lock
    /// takes them along.
    refused: Vec<Work>,
    /// Messages in `work`, set aside, and in the hands of workers, those that run among them, until
    /// a worker says that they have ended; and those refused, until they are answered.
    pub(super) len: usize,
    /// What these cost.
    pub(super) cost: u64,
    pub(super) running: usize,
    pub(super) suspended: usize,
    /// Workers that were called or begun and have not come yet.
    pub(super) starting: usize,
    pub(super) idle: Vec<(Arc<Seat>, Waker)>,
    /// Suspended handlers that can go on, first come first served.
    pub(super) resuming: VecDeque<Arc<Seat>>,
    /// Lanes that found the queue full.
    pub(super) lanes: Vec<(Arc<Peer>, LaneId)>,
    /// Senders of this process that found the queue full.
    pub(super) room: Room,
    /// Whether their events are skipped.
    pub(super) slow: bool,
    pub(super) workers: JoinSet<()>,
    /// Whether messages start: not before the bus is live.
    pub(super) open: bool,
    pub(super) closed: bool,
}

impl QueueState {
    /// One with a single slot, in which nothing starts yet.
    pub(super) fn new() -> Self {
        Self {
            slots: 1,
            work: Backlog::default(),
            aside: Aside::default(),
            refused: Vec::new(),
            len: 0,
            cost: 0,
            running: 0,
            suspended: 0,
            starting: 0,
            idle: Vec::new(),
            resuming: VecDeque::new(),
            lanes: Vec::new(),
            room: Room::default(),
            slow: false,
            workers: JoinSet::new(),
            open: false,
            closed: false,
        }
    }

    /// Whether something may start, as far as can be seen without looking at all of it.
    pub(super) fn has_work(&self) -> bool {
        !self.work.is_empty() || self.aside.is_ready()
    }

    /// What is next; sets aside what may not start yet, or refuses it.
    pub(super) fn next_work(&mut self) -> Option<Work> {
        let one_by_one = self.slots > 1;
        let mut next = self.first_to_start(one_by_one)?;
        next.is_next = one_by_one;
        Some(next)
    }

    fn first_to_start(&mut self, one_by_one: bool) -> Option<Work> {
        loop {
            if let Some(work) = self.aside.next(one_by_one) {
                return Some(work);
            }
            let front = self.work.front()?;
            if !front.is_held_back() && !self.aside.holds_back(front) {
                return self.work.take_first(one_by_one);
            }
            let held_back = self.work.pop_front()?;
            self.refused.extend(self.aside.push_back(held_back));
        }
    }

    /// What a worker does not go on with is the next again; only one does so at a time, as what is
    /// taken [one by one](Work::is_next) does not come back. A closed queue keeps nothing: what it
    /// returns is to be dropped after unlocking.
    #[must_use]
    pub(super) fn put_back(&mut self, rest: Option<Work>) -> Option<Work> {
        if self.closed {
            return rest;
        }
        match rest {
            Some(rest) if self.aside.holds_back(&rest) => self.aside.push_front(rest),
            Some(rest) => self.work.push_front(rest),
            None => {}
        }
        None
    }

    /// How many of the messages take up room.
    fn counted(&self) -> usize {
        self.len - self.aside.len()
    }

    /// What these cost.
    fn counted_cost(&self) -> u64 {
        self.cost - self.aside.cost()
    }

    fn room(&self) -> usize {
        if self.counted_cost() >= QUEUE_COST {
            return 0;
        }
        CAPACITY.saturating_sub(self.counted())
    }

    pub(super) fn lets_in(&self) -> bool {
        self.closed || self.room() > 0
    }

    /// How many messages of a run there is room for, each of them so many times. None of a lane of
    /// which some are set aside: what is no command would be set aside as well, however much of it
    /// comes.
    pub(super) fn room_for(&self, run: &Run, times: usize, lane: (&Arc<Peer>, LaneId)) -> usize {
        if self.aside.holds(lane) {
            return 0;
        }
        room_beside(self.counted(), self.counted_cost(), run, times)
    }

    /// Whether the next look at the lanes that wait may find some that may come, or commands to be
    /// answered. `aside`: how many were set aside before.
    pub(super) fn has_let_go(&self, aside: usize) -> bool {
        self.aside.len() != aside || !self.refused.is_empty()
    }

    /// Whether room has to be waited for, also by what is let in although there is none.
    pub(super) fn keeps_out(&self, lane: (&Arc<Peer>, LaneId)) -> bool {
        !self.lets_in() || self.aside.holds(lane)
    }

    pub(super) fn leave(&mut self, done: Done) {
        self.len -= done.messages;
        self.cost -= done.cost;
    }

    pub(super) fn go_on(&mut self) {
        self.suspended -= 1;
        self.len += 1;
    }

    pub(super) fn is_half_empty(&self) -> bool {
        self.counted() <= CAPACITY / 2 && self.counted_cost() <= QUEUE_COST / 2
    }

    pub(super) fn is_drained(&self) -> bool {
        self.len == 0 && self.running == 0 && self.suspended == 0
    }

    pub(super) fn wait_for_room(&mut self, (peer, lane): (&Arc<Peer>, LaneId)) {
        if lane.is_unsequenced() {
            return;
        }
        let waits = |(known, at): &(Arc<Peer>, LaneId)| Arc::ptr_eq(known, peer) && *at == lane;
        if !self.lanes.iter().any(waits) {
            self.lanes.push((peer.clone(), lane));
        }
    }

    pub(super) fn take_waiting(&mut self) -> Freed {
        let lanes = if self.is_half_empty() {
            let aside = &self.aside;
            let may_come = |(peer, lane): &mut (Arc<Peer>, LaneId)| !aside.holds((peer, *lane));
            self.lanes.extract_if(.., may_come).collect()
        } else {
            Vec::new()
        };
        let waker = if self.room() > 0 {
            self.room.call_next()
        } else {
            None
        };
        let refused = std::mem::take(&mut self.refused);
        Freed {
            lanes,
            waker,
            refused,
        }
    }
}

/// How many messages of a run fit, each so many times, where there are so many that cost so much.
pub(super) fn room_beside(count: usize, mut cost: u64, run: &Run, times: usize) -> usize {
    let most = match CAPACITY.saturating_sub(count) {
        // Whatever comes there fits once.
        CAPACITY => (CAPACITY / times).max(1),
        room => room / times,
    };
    let items = run.items();
    let times = times as u64;
    if cost + times * run.cost() <= QUEUE_COST {
        return items.len().min(most);
    }
    let fits = |item: &&Item| {
        let more = times * cost_of(item.len());
        let fits = cost == 0 || cost + more <= QUEUE_COST;
        cost += more;
        fits
    };
    items.iter().take(most).take_while(fits).count()
}

/// Lanes to pump, senders to wake and commands to refuse, after unlocking.
#[must_use]
pub(super) struct Freed {
    lanes: Vec<(Arc<Peer>, LaneId)>,
    waker: Option<Waker>,
    refused: Vec<Work>,
}

impl Freed {
    /// Returns what was refused: it is in the queue until its senders are told.
    pub(super) fn call(self) -> Done {
        for (peer, lane) in self.lanes {
            unharmed("what a lane was pumped into", || peer.pump(lane));
        }
        wake_all(self.waker);
        let mut done = Done::default();
        for work in self.refused {
            let verdict = match work.join {
                None => Verdict::Overloaded,
                // Another of its handlers may have begun.
                Some(_) => Verdict::Failed(
                    "not all of its handlers ran: too much waits for outcomes to be taken".into(),
                ),
            };
            end_unstarted(work, &verdict, &mut done);
        }
        done
    }
}
