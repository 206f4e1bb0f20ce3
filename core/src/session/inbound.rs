//! The receiving half of a lane: what has arrived, what is parked, what dispatch has taken (R6).
//!
//! `taken ≤ arrived`. Parked frames outlive the link they came on and, in order, even their
//! session (R7.5); only those of the present session move `taken`.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::control::Ack;
use super::half::Idle;
use super::hello::LanePosition;
use super::kind;
use super::lane_id::LaneId;
use super::link_id::LinkId;
use super::outbound::LANE_COST;
use super::parcel::Parcel;
use super::repack::{Loose, in_last_pile, repack};
use super::run::Run;
use super::violation::Violation;
use super::window::{LANE_SHARE, Window};

/// The receiving half of a lane.
#[derive(Debug, Clone)]
pub(crate) struct Inbound {
    pub(super) lane: LaneId,
    pub(super) epoch: u64,
    pub(super) link: Option<LinkId>,
    pub(super) arrived: u64,
    pub(super) taken: u64,
    /// What this link has been told of `taken`.
    pub(super) reported: u64,
    /// Cost taken since.
    unreported: u64,
    pub(super) parked: VecDeque<Run>,
    /// Cost of what is parked, and of that the part of ended sessions.
    pub(super) parked_cost: u64,
    ended_cost: u64,
    /// What the parked runs keep beyond what they are worth.
    loose: Loose,
    window: Window,
}

/// Most cost that ended sessions may leave parked in a lane.
const MOST_ENDED: u64 = 2 * LANE_COST + kind::MAX_FRAME as u64;
/// Bytes that parked runs may keep beyond what they are worth: four batches.
pub(super) const MOST_LOOSE: u64 = LANE_SHARE;

impl Inbound {
    pub(crate) fn new(lane: LaneId, window: Window) -> Self {
        Self {
            lane,
            epoch: 0,
            link: None,
            arrived: 0,
            taken: 0,
            reported: 0,
            unreported: 0,
            parked: VecDeque::new(),
            parked_cost: 0,
            ended_cost: 0,
            loose: Loose::default(),
            window,
        }
    }

    /// Begins as a lane that was there from the beginning would be by now.
    pub(super) fn begin(&mut self, idle: Idle) {
        self.epoch = idle.epoch;
        self.link = idle.link.map(|(link, _)| link);
    }

    /// Which session the lane is in.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The first number that dispatch has not taken.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether nothing that has arrived is still parked, in whatever session it came.
    pub(super) fn is_all_taken(&self) -> bool {
        self.parked.is_empty()
    }

    /// How far this lane has come, for a Hello.
    pub(super) fn position(&mut self) -> LanePosition {
        let credit = self.window.report(std::mem::take(&mut self.unreported));
        let Self {
            lane,
            arrived,
            taken,
            ..
        } = *self;
        LanePosition {
            lane,
            arrived,
            taken,
            credit,
        }
    }

    /// Gives its sender more or less credit from now on, by how much was taken in what time.
    pub(crate) fn review(&mut self, now: Instant) {
        self.window.review(self.unreported, now);
    }

    /// R6: `link` becomes current; its other side has been told of `reported` by our Hello.
    pub(super) fn attach(&mut self, link: LinkId, reported: u64) {
        self.link = Some(link);
        self.reported = reported;
    }

    /// The link has ended, and with it the stream.
    pub(super) fn detach(&mut self) {
        self.link = None;
        self.let_stream_go();
    }

    /// R6, frames on a link: parks what is new. Frames of a link that is not current are ignored
    /// (R5). Returns whether there is something to dispatch.
    pub(crate) fn receive(&mut self, link: LinkId, mut parcel: Parcel) -> Result<bool, Violation> {
        if self.link != Some(link) || parcel.items.is_empty() {
            return Ok(false);
        }
        let first = parcel.first;
        if first > self.arrived {
            let Self { lane, arrived, .. } = *self;
            return Err(Violation::Hole {
                lane,
                first,
                arrived,
            });
        }
        let (from, sequence) = self.drop_known(&mut parcel);
        if from == parcel.items.len() {
            return Ok(false);
        }
        let run = Run::parked(parcel, from, sequence, self.epoch);
        let outstanding = self.parked_cost - self.ended_cost + run.held;
        // A message of any size needs no credit when it is the first that is outstanding.
        let credited = outstanding.saturating_sub(kind::MAX_FRAME as u64);
        if !self.window.covers(credited) {
            return Err(Violation::OutOfPlace(
                "more was sent than there was credit for",
            ));
        }
        self.arrived = sequence + run.numbers();
        self.park(run);
        Ok(true)
    }

    /// Parks a run. What was parked before and keeps much more than it is worth is copied out of
    /// that: nearly always there is nothing, as dispatch has taken it.
    fn park(&mut self, run: Run) {
        self.tighten(MOST_LOOSE);
        self.parked_cost += run.held;
        self.loose.enter(&run, None);
        self.parked.push_back(run);
    }

    /// The stream has ended, and all that it has announced would be kept by what it has left parked.
    pub(crate) fn let_stream_go(&mut self) {
        self.tighten(0);
    }

    /// Copies out what came lately, if it keeps more than `most` beyond what it is worth.
    fn tighten(&mut self, most: u64) {
        let Some(from) = self.loose.look(self.parked.len(), most) else {
            return;
        };
        let mut loose: Vec<_> = self.parked.drain(from..).collect();
        repack(loose.iter_mut().collect());
        for run in loose {
            if !self.parked.back_mut().is_some_and(|last| last.join(&run)) {
                self.parked.push_back(run);
            }
        }
        let open = in_last_pile(self.parked.iter().rev());
        self.loose.has_seen(self.parked.len() - open);
    }

    /// The messages that dispatch takes next.
    pub(crate) fn front(&self) -> Option<&Run> {
        self.parked.front()
    }

    /// Dispatch has taken the first `count` items of the front run, under the same lock as
    /// [`front`](Self::front).
    pub(crate) fn take(&mut self, count: usize) {
        let Some(run) = self.parked.front_mut() else {
            return;
        };
        let taken = run.first(count);
        let (numbers, cost) = (taken.numbers(), taken.cost());
        run.items.start = taken.items.end;
        run.sequence += numbers;
        run.held -= cost;
        let epoch = run.epoch;
        self.parked_cost -= cost;
        let is_empty = run.items.is_empty();
        if !is_empty && !run.parcel.is_worth(run.held) {
            // Once for each time that dispatch has room no more, and less than half of a read.
            repack(vec![run]);
        }
        if epoch == self.epoch {
            self.taken += numbers;
            self.unreported += cost;
        } else {
            self.ended_cost -= cost;
            self.window.keep_ended(self.ended_cost);
        }
        if is_empty {
            self.drop_front();
        }
    }

    /// Whether the sender is to be told of `taken` at once: an eighth of its window is used up.
    pub(crate) fn ack_is_urgent(&self) -> bool {
        let due = self.link.is_some() && self.taken > self.reported;
        due && self.unreported >= self.window.size() / 8
    }

    /// R6: the acknowledgement that is due on `link`, marked as told.
    pub(crate) fn due_ack(&mut self, link: LinkId) -> Option<Ack> {
        if self.link != Some(link) || self.taken <= self.reported {
            return None;
        }
        self.reported = self.taken;
        let credit = self.window.report(std::mem::take(&mut self.unreported));
        Some(Ack {
            lane: self.lane,
            taken: self.taken,
            credit,
        })
    }

    /// Whether an acknowledgement is due, but on another link than `link`.
    pub(crate) fn is_ack_due_elsewhere(&self, link: LinkId) -> bool {
        self.link.is_some_and(|current| current != link) && self.taken > self.reported
    }

    /// R7: the session ends. Parked frames stay ahead of what comes; positions start again at 0.
    /// Of many ended sessions in a row the oldest frames go: who ended them is owed nothing.
    pub(super) fn end_session(&mut self) {
        self.detach();
        self.epoch += 1;
        (self.arrived, self.taken, self.reported) = (0, 0, 0);
        self.unreported = 0;
        self.ended_cost = self.parked_cost;
        self.window.end_session();
        while !(self.ended_cost <= MOST_ENDED && self.window.keep_ended(self.ended_cost))
            && self.parked.len() > 1
        {
            self.drop_front();
        }
    }

    /// The last link was closed because nothing went on: the credit that was not used goes.
    pub(super) fn rest(&mut self) {
        if self.parked.is_empty() {
            self.window.rest();
        }
    }

    /// The peer has ended, and who still knows its lanes keeps nothing of it.
    pub(super) fn let_go(&mut self) {
        self.detach();
        self.parked = VecDeque::new();
        (self.parked_cost, self.ended_cost) = (0, 0);
        self.loose = Loose::default();
        self.window.let_go();
    }

    fn drop_front(&mut self) {
        if let Some(run) = self.parked.pop_front() {
            self.loose.leave();
            self.parked_cost -= run.held;
            if run.epoch != self.epoch {
                self.ended_cost -= run.held;
            }
        }
    }

    /// Drops the numbers below `arrived`, inside a skip too. Returns the first new item and its
    /// number.
    fn drop_known(&self, parcel: &mut Parcel) -> (usize, u64) {
        let mut sequence = parcel.first;
        for (index, item) in parcel.items.iter().enumerate() {
            let end = sequence + item.numbers();
            if end > self.arrived {
                if sequence < self.arrived {
                    parcel.items.shorten(index, end - self.arrived);
                    sequence = self.arrived;
                }
                return (index, sequence);
            }
            sequence = end;
        }
        (parcel.items.len(), sequence)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::items::Items;
    use super::super::parcel::Item;
    use super::*;

    #[test]
    fn a_replaced_link_neither_gets_nor_hides_an_acknowledgement() {
        let (before, now) = (LinkId(1), LinkId(2));
        let mut lane = Inbound::new(LaneId::DEFAULT, Window::whole());
        lane.attach(before, 0);
        let parcel = Parcel {
            chunks: Vec::new(),
            items: Items::from_iter([Item::counted(kind::SKIP, 3)]),
            types: Arc::default(),
            first: 0,
            clock: Instant::now(),
            retained: 0,
        };
        assert_eq!(lane.receive(before, parcel), Ok(true));
        lane.attach(now, 0);
        lane.take(1);
        assert_eq!(lane.due_ack(before), None);
        assert!(lane.is_ack_due_elsewhere(before) && !lane.is_ack_due_elsewhere(now));
        assert_eq!(lane.due_ack(now).map(|ack| ack.taken), Some(3));
        assert!(!lane.is_ack_due_elsewhere(before));
    }
}
