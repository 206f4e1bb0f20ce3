//! A receiver that is slow: events to it are skipped until its lane is half empty or it says goodbye,
//! then it is told how many (promise 15).

use super::kind;
use super::log_entry::{Content, NewEntry};
use super::outbound::{HIGH_WATER, Outbound};

impl Outbound {
    /// Counts an event that is skipped because the receiver is slow (promise 15).
    pub(crate) fn skip_event(&mut self) {
        self.missed += 1;
        self.missed_ever += 1;
    }

    /// How many events were ever skipped.
    pub(crate) fn missed_ever(&self) -> u64 {
        self.missed_ever
    }

    /// What a receiver that is slow no more has missed, once.
    pub(crate) fn take_relief(&mut self) -> Option<u64> {
        self.relieved.take()
    }

    /// Whether events to this receiver are skipped.
    pub(crate) fn is_slow(&self) -> bool {
        self.slow && !self.is_relieved()
    }

    /// The lane has been full for the whole `slow_peer_timeout`. Returns whether that is news; it
    /// is not if the lane is half empty by now: nothing would ever end it again. A receiver that
    /// leaves gets nothing more, not even the news that it has missed something.
    pub(crate) fn become_slow(&mut self) -> bool {
        let may = !self.leaving && !self.is_relieved();
        may && !std::mem::replace(&mut self.slow, true)
    }

    /// Whether a slow receiver is slow no more.
    fn is_relieved(&self) -> bool {
        self.log.cost() <= self.share.limit() / 2 && self.outgoing() < HIGH_WATER
    }

    /// Tells a receiver that is slow no more, in order, how much it has missed.
    #[inline]
    pub(super) fn tell_missed(&mut self) {
        if !(self.slow || self.missed > 0) || self.leaving || !self.is_relieved() {
            return;
        }
        if self.missed > 0 {
            self.relieved = Some(self.missed);
        }
        self.put_missed();
    }

    /// R11: the receiver leaves, and is told the number that comes next here: nothing follows any
    /// more. So what it has missed comes before, however full the lane is.
    pub(super) fn take_leave(&mut self) {
        if !std::mem::replace(&mut self.leaving, true) {
            self.put_missed();
        }
    }

    fn put_missed(&mut self) {
        self.slow = false;
        let missed = std::mem::take(&mut self.missed);
        if missed > 0 {
            let entry = NewEntry {
                kind: kind::MISSED,
                type_index: 0,
                appended: false,
                deadline: None,
            };
            self.stop_live();
            self.log.push_empty(entry, Content::Missed(missed));
        }
    }
}
