//! What a queue has set aside: commands of peers that are owed too many outcomes (promise 20).
//!
//! Replies are what a queue cannot count beforehand: ten thousand commands of a few bytes may be
//! answered with gigabytes. So a command does not start while its peer is owed as much as a lane
//! holds. What came behind it in its lane stays behind it (promise 17); others go past. It goes on
//! when outcomes are taken or their session has ended, and ends when its deadline passes, as its
//! sender's has by then, or when the bus stops while its sender is gone.
//!
//! Over all peers as many commands are set aside as a queue holds; one more is refused, and its
//! lane with it, if nothing of that is set aside yet. What is no command cannot be refused: behind
//! commands of its lane it is always set aside. As a lane of which something is set aside is not
//! let in further, that is at most what lay in the queue when the last command found room.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::time::Instant;

use super::queue_state::room_beside;
use super::work::{Work, WorkContent};
use crate::peers::Peer;
use crate::session::{LaneId, repack};

/// Messages of lanes whose peers are owed too many outcomes.
#[derive(Debug, Default)]
pub(super) struct Aside {
    lanes: BTreeMap<Key, Lane>,
    /// The lanes whose first message may start, in turn.
    ready: VecDeque<Key>,
    len: usize,
    cost: u64,
}

/// A lane of a peer, by where the peer lies: what is set aside keeps it there.
type Key = (usize, LaneId);

#[derive(Debug, Default)]
struct Lane {
    work: VecDeque<Work>,
    /// Whether it is among the ready ones.
    ready: bool,
}

impl Aside {
    /// How many messages are set aside.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// What they cost.
    pub(super) fn cost(&self) -> u64 {
        self.cost
    }

    /// Whether some of them may start.
    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether messages of this lane are set aside.
    pub(super) fn holds(&self, (peer, lane): (&Arc<Peer>, LaneId)) -> bool {
        !self.lanes.is_empty() && self.lanes.contains_key(&(Arc::as_ptr(peer).addr(), lane))
    }

    /// Whether this is to stay behind what is set aside.
    pub(super) fn holds_back(&self, work: &Work) -> bool {
        !self.lanes.is_empty() && key_of(work).is_some_and(|key| self.lanes.contains_key(&key))
    }

    pub(super) fn into_works(self) -> impl Iterator<Item = Work> {
        self.lanes.into_values().flat_map(|lane| lane.work)
    }

    /// Sets aside what follows all of its lane. Returns the commands for which there is no room.
    pub(super) fn push_back(&mut self, mut work: Work) -> Option<Work> {
        let room = match work.run() {
            Some(run) if work.handler.handler.is_command() => {
                room_beside(self.len, self.cost, run, 1)
            }
            _ => work.len(),
        };
        if room >= work.len() {
            self.push(work, VecDeque::push_back);
            return None;
        }
        if room > 0 {
            let fits = work.split(room);
            self.push(fits, VecDeque::push_back);
        }
        Some(work)
    }

    /// Sets aside again what all of its lane follows.
    pub(super) fn push_front(&mut self, work: Work) {
        self.push(work, VecDeque::push_front);
    }

    fn push(&mut self, mut work: Work, push: impl FnOnce(&mut VecDeque<Work>, Work)) {
        let Some(key) = key_of(&work) else { return };
        // It may wait for long, and others come here every time the queue has let go of some.
        if let Some(run) = work.run_mut() {
            repack(vec![run]);
        }
        self.len += work.len();
        self.cost += work.cost();
        push(&mut self.lanes.entry(key).or_default().work, work);
        self.look_at(key);
    }

    /// Takes out what may start, one message if `one_by_one`.
    pub(super) fn next(&mut self, one_by_one: bool) -> Option<Work> {
        while let Some(key) = self.ready.pop_front() {
            let Some(lane) = self.lanes.get_mut(&key) else {
                continue;
            };
            lane.ready = false;
            if lane.work.front().is_some_and(Work::is_held_back) {
                self.look_at(key);
                continue;
            }
            let next = take_first(&mut lane.work, one_by_one);
            if let Some(work) = &next {
                self.len -= work.len();
                self.cost -= work.cost();
            }
            self.look_at(key);
            return next;
        }
        None
    }

    /// This peer is owed less. Whether something may start.
    pub(super) fn relieve(&mut self, peer: &Arc<Peer>) -> bool {
        for key in self.keys_of(peer) {
            self.look_at(key);
        }
        self.is_ready()
    }

    fn keys_of(&self, peer: &Arc<Peer>) -> Vec<Key> {
        let at = Arc::as_ptr(peer).addr();
        let lanes = self.lanes.range((at, LaneId(0))..=(at, LaneId(u8::MAX)));
        lanes.map(|(key, _)| *key).collect()
    }

    /// Takes out the commands of this peer. The others of its lanes may start then.
    pub(super) fn take_held_back(&mut self, peer: &Arc<Peer>) -> Vec<Work> {
        let mut taken = Vec::new();
        for key in self.keys_of(peer) {
            let Some(lane) = self.lanes.get_mut(&key) else {
                continue;
            };
            let works = std::mem::take(&mut lane.work).into_iter();
            let (held_back, others): (VecDeque<_>, _) = works.partition(Work::is_held_back);
            lane.work = others;
            for work in held_back {
                self.len -= work.len();
                self.cost -= work.cost();
                taken.push(work);
            }
            self.look_at(key);
        }
        taken
    }

    /// Takes out, one by one, the commands whose deadline has passed, as far as none is before them
    /// whose has not.
    pub(super) fn take_expired(&mut self, now: Instant) -> Vec<Work> {
        let mut expired = Vec::new();
        let keys: Vec<_> = self.lanes.keys().copied().collect();
        for key in keys {
            let Some(lane) = self.lanes.get_mut(&key) else {
                continue;
            };
            let is_past = |work: &Work| work.deadline().is_some_and(|deadline| deadline <= now);
            while lane.work.front().is_some_and(is_past)
                && let Some(work) = take_first(&mut lane.work, true)
            {
                self.len -= work.len();
                self.cost -= work.cost();
                expired.push(work);
            }
            self.look_at(key);
        }
        expired
    }

    /// The earliest deadline of those that are first of their lanes.
    pub(super) fn earliest(&self) -> Option<Instant> {
        let first = self.lanes.values().filter_map(|lane| lane.work.front());
        first.filter_map(Work::deadline).min()
    }

    /// Looks whether the first message of a lane may start.
    fn look_at(&mut self, key: Key) {
        let Some(lane) = self.lanes.get_mut(&key) else {
            return;
        };
        match lane.work.front() {
            None => {
                if lane.ready {
                    self.ready.retain(|at| *at != key);
                }
                self.lanes.remove(&key);
            }
            Some(_) if lane.ready => {}
            Some(first) if first.is_held_back() => first.tell_deadline(),
            Some(_) => {
                lane.ready = true;
                self.ready.push_back(key);
            }
        }
    }
}

/// Takes the first work, or only the first message of it.
pub(super) fn take_first(work: &mut VecDeque<Work>, one_message: bool) -> Option<Work> {
    let front = work.front_mut()?;
    match one_message && front.len() > 1 {
        true => Some(front.split_first()),
        false => work.pop_front(),
    }
}

/// The lane that it has a place in. `None`: it is this process's own, and nothing is owed for it.
fn key_of(work: &Work) -> Option<Key> {
    let origin = match &work.content {
        WorkContent::Wire { origin, .. } => origin,
        WorkContent::Local(message) => message.news_of.as_ref()?,
    };
    Some((Arc::as_ptr(&origin.peer).addr(), origin.lane))
}
