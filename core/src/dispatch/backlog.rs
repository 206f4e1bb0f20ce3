//! The messages that wait in a queue.
//!
//! They are counted by their own length, whatever they came in. A message that is alone in its batch,
//! or alone of its type in its parcel, would keep hundreds of times as much for as long as it waits.

use std::collections::VecDeque;

use super::aside::take_first;
use super::work::Work;
use crate::session::{Loose, in_last_pile, repack};

/// Bytes that what waits in a queue may keep beyond what it is worth: sixteen batches.
pub(crate) const MOST_LOOSE: u64 = 1 << 20;

/// The messages that wait in a queue, oldest first.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    works: VecDeque<Work>,
    loose: Loose,
}

impl Backlog {
    pub(super) fn into_works(self) -> impl Iterator<Item = Work> {
        self.works.into_iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.works.is_empty()
    }

    pub(super) fn front(&self) -> Option<&Work> {
        self.works.front()
    }

    pub(super) fn pop_front(&mut self) -> Option<Work> {
        self.loose.leave();
        self.works.pop_front()
    }

    /// Takes the first work, or only the first message of it.
    pub(super) fn take_first(&mut self, one_message: bool) -> Option<Work> {
        let before = self.works.len();
        let first = take_first(&mut self.works, one_message);
        if self.works.len() < before {
            self.loose.leave();
        }
        first
    }

    /// What is left of the work that was taken last.
    pub(super) fn push_front(&mut self, rest: Work) {
        self.loose.come_back();
        self.works.push_front(rest);
    }

    /// Queues work; where much more is kept by now than is worth it, that is copied out.
    pub(super) fn push_back(&mut self, work: Work) {
        if let Some(run) = work.run() {
            let last = self.works.back().and_then(Work::run);
            self.loose.enter(run, last);
        }
        self.works.push_back(work);
        if let Some(from) = self.loose.look(self.works.len(), MOST_LOOSE) {
            let works = self.works.range_mut(from..);
            repack(works.filter_map(Work::run_mut).collect());
            let open = in_last_pile(self.works.iter().rev().map_while(Work::run));
            self.loose.has_seen(self.works.len() - open);
        }
    }
}
