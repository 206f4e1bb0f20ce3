//! How what waits in a lane ends without being delivered: by its deadline, by *down*, by the end
//! of the session (R7, R9); and why a lane takes nothing more.

use std::task::Waker;

use tokio::time::Instant;

use super::log::Log;
use super::log_entry::{Content, NewEntry};
use super::outbound::{Outbound, Unaccepted};
use super::pending::{End, NoOutcome};
use super::wake_all::wake_all;
use super::window::LANE_SHARE;

/// What a lane lost, and who has to be told after unlocking.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    /// Commands whose senders were told.
    pub(crate) commands: u64,
    /// Messages that nobody awaits.
    pub(crate) events: u64,
    /// The senders to wake.
    pub(crate) wakers: Vec<Waker>,
}

impl Losses {
    /// Wakes all senders; nothing may be locked. How many commands were lost.
    pub(crate) fn wake(self) -> u64 {
        wake_all(self.wakers);
        self.commands
    }
}

impl Outbound {
    /// Why nothing is accepted, however much room there is.
    pub(crate) fn refuses(&self) -> Option<Unaccepted> {
        if self.stopped {
            return Some(Unaccepted::Stopped);
        }
        let down = self.down && !self.lane.carries_outcomes();
        match (down || self.forgotten, self.leaving) {
            (true, _) => Some(Unaccepted::Down),
            (_, true) => Some(Unaccepted::Leaving),
            _ => None,
        }
    }

    /// Ends the sends whose deadline has passed; what was not yet appended to the current link
    /// becomes a void (R9). Returns the earliest deadline that has not.
    pub(crate) fn expire(&mut self, now: Instant, losses: &mut Losses) -> Option<Instant> {
        self.soonest = None;
        if self.pending.len() == 0 {
            return None;
        }
        let Self {
            pending,
            log,
            cursor,
            ..
        } = self;
        let before = pending.len();
        pending.complete_where(
            |sequence, deadline| {
                deadline.filter(|deadline| *deadline <= now)?;
                let sent = was_sent(log, sequence);
                if sequence >= *cursor {
                    log.void(sequence);
                }
                Some(End::Without(NoOutcome::TimedOut { sent }))
            },
            &mut losses.wakers,
        );
        losses.commands += (before - self.pending.len()) as u64;
        self.soonest = self.pending.earliest();
        self.soonest
    }

    /// Whether the deadline of a send is earlier than all since [`expire`](Self::expire) was last
    /// asked: then the clock is to be told of it. Most send with one timeout, and each has a later
    /// deadline than the one before.
    #[inline]
    pub(crate) fn is_soonest(&mut self, deadline: Instant) -> bool {
        let soonest = self.soonest.is_none_or(|soonest| deadline < soonest);
        if soonest {
            self.soonest = Some(deadline);
        }
        soonest
    }

    /// R9, the receiver is down: everything that waits becomes a void, numbers and cursor stay.
    /// Outcomes are spared.
    pub(super) fn go_down(&mut self, losses: &mut Losses) {
        if self.lane.carries_outcomes() {
            return;
        }
        self.down = true;
        let log = &self.log;
        let lost = |sequence, _| {
            Some(End::Without(NoOutcome::PeerLost {
                sent: was_sent(log, sequence),
            }))
        };
        losses.commands += self.pending.len() as u64;
        self.pending.complete_where(lost, &mut losses.wakers);
        for sequence in self.freed()..self.next() {
            let entry = self.log.get(sequence);
            let is_event = |kind| kind & !super::kind::HEADERS == super::kind::EVENT;
            let lost = entry.is_some_and(|e| is_event(e.kind) && e.content != Content::Void);
            losses.events += u64::from(lost);
            self.log.void(sequence);
        }
        // What the link in use was promised stays a whole row of frames; of the rest only the
        // numbers are needed.
        self.stop_live();
        self.log.drop_bodies();
        self.share.keep(self.log.entries_memory());
        self.room.call_all(&mut losses.wakers);
    }

    /// Ends every send because this bus stops. What was never appended becomes a void (R9): its
    /// sender hears that it was not sent.
    pub(crate) fn stop(&mut self, losses: &mut Losses) {
        // Who waited for room and is called now would otherwise enter a lane that nobody serves.
        self.stopped = true;
        let Self { pending, log, .. } = self;
        losses.commands += pending.len() as u64;
        pending.complete_where(
            |sequence, _| {
                let sent = was_sent(log, sequence);
                if !sent {
                    log.void(sequence);
                }
                Some(End::Without(NoOutcome::Stopped { sent }))
            },
            &mut losses.wakers,
        );
        self.room.call_all(&mut losses.wakers);
    }

    /// The peer has ended, and who still knows its lanes keeps nothing of it.
    pub(super) fn let_go(&mut self) {
        self.stopped = true;
        (self.log, self.pending, self.room) = Default::default();
        (self.stream, self.types, self.last_type) = Default::default();
        self.share.give_back();
    }

    /// R7: the session ends; positions start again at 0. With `moving`, what was never appended to
    /// any link moves over, renumbered, and so does what was skipped after it: the run that has
    /// missed it goes on. Outcomes never do (R8).
    pub(super) fn end_session(&mut self, moving: bool, losses: &mut Losses) {
        losses.wakers.extend(self.drop_stream());
        let old = std::mem::take(&mut self.log);
        self.log.count_voids_of(&old);
        let moving = moving && !self.lane.carries_outcomes();
        let mut moved = Vec::new();
        for sequence in old.first()..old.next() {
            let Some(entry) = old.get(sequence) else {
                continue;
            };
            if moving && !entry.appended && entry.content != Content::Void {
                moved.push(sequence);
                self.log.take_over(&old, sequence);
            } else if entry.kind & !super::kind::HEADERS == super::kind::EVENT {
                losses.events += u64::from(entry.content != Content::Void);
            }
        }
        self.accepted_before += old.next() - moved.len() as u64;
        let before = self.pending.len();
        self.pending.complete_where(
            |sequence, _| {
                let stays = moved.binary_search(&sequence).is_ok();
                (!stays).then(|| {
                    End::Without(NoOutcome::PeerLost {
                        sent: was_sent(&old, sequence),
                    })
                })
            },
            &mut losses.wakers,
        );
        losses.commands += (before - self.pending.len()) as u64;
        self.pending
            .renumber(|sequence| moved.binary_search(&sequence).map_or(0, |at| at as u64));
        if self.log.cost() == 0 {
            self.share.give_back();
        }
        self.epoch += 1;
        self.cursor = 0;
        self.credit = LANE_SHARE;
        (self.down, self.leaving) = (false, false);
        if !moving {
            (self.slow, self.missed) = (false, 0);
        }
        self.tell_missed();
        if self.forgotten {
            // There is room for nobody any more: all hear it.
            self.room.call_all(&mut losses.wakers);
        } else {
            self.call_all_with_room(&mut losses.wakers);
        }
    }
}

#[cfg(test)]
impl Outbound {
    /// Bytes that its log holds.
    pub(crate) fn held(&self) -> usize {
        self.log.held()
    }
}

/// Whether the receiver may have handled the message: it was appended to a link, or it has been
/// taken already.
fn was_sent(log: &Log, sequence: u64) -> bool {
    log.get(sequence).is_none_or(|entry| entry.appended)
}

impl Log {
    /// Enters a message of another log anew.
    fn take_over(&mut self, old: &Log, sequence: u64) {
        let Some(entry) = old.get(sequence) else {
            return;
        };
        let new = NewEntry {
            kind: entry.kind,
            type_index: entry.type_index,
            appended: false,
            deadline: entry.deadline,
        };
        match entry.content {
            Content::Body(place) => {
                let body = old.body_slice(place);
                self.close_full();
                self.reserve(body.len());
                let offset = self.open.len();
                self.open.extend_from_slice(body);
                self.push_open(new, offset);
            }
            Content::Void => self.push_empty(new, Content::Void),
            Content::Missed(count) => self.push_empty(new, Content::Missed(count)),
        }
    }
}
