//! The sending half of a lane: numbering, log, credit, resend (R6) and the outgoing buffer.
//!
//! `freed ≤ cursor ≤ next`; the log holds `[freed, next)`, and `[freed, cursor)` was appended to
//! the current link. In the common case, a current link that has been caught up with, a message is
//! encoded once, straight into the buffer that the transport writes next, and that buffer is its
//! log at the same time. Otherwise it is encoded into the log only, and the transport's next pull
//! copies it out with a fresh head.

use std::collections::VecDeque;
use std::task::Waker;

use bytes::BytesMut;
use tokio::time::Instant;

use super::control::Ack;
use super::half::Idle;
use super::lane_id::LaneId;
use super::lane_room::LaneRoom;
use super::lane_writer::{LaneWriter, WireType};
use super::link_id::LinkId;
use super::lock::bound;
use super::log::{LEAST_COST, Log};
use super::log_entry::Content;
use super::outbound_accept::LastType;
use super::pending::Pending;
use super::share::Share;
use super::stream::Stream;
use super::violation::Violation;
use super::window::LANE_SHARE;

/// Cost that a lane may hold at most (promise 20).
pub(crate) const LANE_COST: u64 = bound(8 << 20, 4 * LEAST_COST);
/// Bytes in the outgoing buffer at which senders pause until the transport has pulled: a batch
/// that is written while it is in the second-level cache is written a fifth faster. With the message
/// that reaches it a batch of small ones is less than ten datagrams of 6,500 bytes, what QUIC hands
/// the system at once: with 64 KiB every batch was two calls, the second for one datagram of 1 KB.
pub(super) const HIGH_WATER: usize = bound(62 << 10, 256) as usize;
/// The same for messages that are [`LARGE`]: with 62 KiB a message of 64 KiB is a batch by itself, and
/// each batch two system calls, the second for one datagram of 1 KB, and a wake on either side. Four
/// at once are 0.93 of raw QUIC's rate where one was 0.78.
pub(super) const HIGH_WATER_OF_LARGE: usize = 4 * HIGH_WATER;
/// Bodies of this size and above get a chunk of their own and are written uncopied.
pub(super) const LARGE: usize = 16 << 10;

/// The sending half of a lane.
#[derive(Debug, Clone)]
pub(crate) struct Outbound {
    pub(super) lane: LaneId,
    name: &'static str,
    /// Counts the sessions that this lane has lived through.
    pub(super) epoch: u64,
    pub(super) log: Log,
    pub(super) cursor: u64,
    pub(super) stream: Option<Stream>,
    pub(super) credit: u64,
    pub(super) share: Share,
    pub(super) types: Vec<WireType>,
    /// The type used last: most lanes repeat one.
    pub(super) last_type: Option<LastType>,
    pub(crate) pending: Pending,
    /// The earliest deadline that the clock was told of since it last looked here.
    pub(super) soonest: Option<Instant>,
    pub(crate) room: LaneRoom,
    /// Whether events are skipped until the lane is half empty (promise 15).
    pub(super) slow: bool,
    pub(super) missed: u64,
    /// Numbers given in sessions that have ended, and messages that were sent again: for people.
    pub(super) accepted_before: u64,
    pub(super) resent: u64,
    /// All that were ever skipped, for people.
    pub(super) missed_ever: u64,
    /// A receiver that was slow is slow no more and has missed so many: news for people.
    pub(super) relieved: Option<u64>,
    /// The receiver is down: nothing is accepted.
    pub(super) down: bool,
    /// The receiver drains and has been told the last number: nothing is accepted (R11).
    pub(super) leaving: bool,
    /// This bus has stopped: nothing is accepted, nor would anybody complete it.
    pub(super) stopped: bool,
    /// The receiver is forgotten, and its next memory has other lanes: nothing is accepted.
    pub(super) forgotten: bool,
}

/// A message to be accepted, without its body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) kind: u8,
    /// `None` for an outcome.
    pub(crate) wire_type: Option<WireType>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) body_len: usize,
}

/// What has to be done, after unlocking, because there is something to write.
#[derive(Debug)]
#[must_use]
pub(crate) enum Wake {
    /// The transport is at it already.
    Nothing,
    /// The transport waits for bytes.
    Transport(Waker),
    /// The lane has no stream yet on its current link.
    Open(LinkId),
    /// There is no link.
    Dial,
}

/// Why a message was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unaccepted {
    /// The receiver is down.
    Down,
    /// The receiver drains.
    Leaving,
    /// This bus has stopped.
    Stopped,
    /// The body is not as long as was said, too long for a frame, or of one type too many; nothing
    /// was entered.
    Unencodable,
}

impl Outbound {
    pub(crate) fn new(lane: LaneId, name: &'static str, share: Share) -> Self {
        Self {
            lane,
            name,
            epoch: 0,
            log: Log::default(),
            cursor: 0,
            stream: None,
            credit: LANE_SHARE,
            share,
            types: Vec::new(),
            last_type: None,
            pending: Pending::default(),
            soonest: None,
            room: LaneRoom::default(),
            slow: false,
            missed: 0,
            accepted_before: 0,
            resent: 0,
            missed_ever: 0,
            relieved: None,
            down: false,
            leaving: false,
            stopped: false,
            forgotten: false,
        }
    }

    /// Begins as a lane that was there from the beginning would be by now.
    pub(super) fn begin(&mut self, idle: Idle) {
        self.epoch = idle.epoch;
        (self.down, self.leaving) = (idle.down, idle.leaving);
        (self.stopped, self.forgotten) = (idle.stopped, idle.forgotten);
        if let Some((link, clock)) = idle.link {
            self.attach(link, clock, 0);
        }
    }

    /// The number that the next message gets.
    #[inline]
    pub(crate) fn next(&self) -> u64 {
        self.log.next()
    }

    /// The first number that is not acknowledged.
    #[inline]
    pub(crate) fn freed(&self) -> u64 {
        self.log.first()
    }

    /// Which session the lane is in.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether something is not acknowledged.
    pub(crate) fn is_waiting(&self) -> bool {
        self.freed() < self.next()
    }

    /// Whether a message still waits to be delivered; voids and outcomes don't count.
    pub(crate) fn has_messages(&self) -> bool {
        let message = |n| {
            self.log
                .get(n)
                .is_some_and(|entry| entry.content != Content::Void)
        };
        !self.lane.carries_outcomes() && (self.freed()..self.next()).any(message)
    }

    /// Whether a message of `body_len` bytes can be accepted now. An empty lane takes one message
    /// of any legal size.
    #[inline]
    pub(crate) fn has_room(&mut self, body_len: usize) -> bool {
        self.has_room_for(body_len, None)
    }

    /// Bytes that the transport has not pulled yet.
    #[inline]
    pub(super) fn outgoing(&self) -> usize {
        self.stream.as_ref().map_or(0, |stream| {
            stream.ready_len + if stream.live { self.log.open.len() } else { 0 }
        })
    }

    /// What has to be done because there is something to write; to be asked after accepting,
    /// acknowledging and attaching.
    #[inline]
    pub(crate) fn wake(&mut self) -> Wake {
        match &self.stream {
            // Nearly always: the transport is at it, or will look here again before it waits.
            Some(stream) if stream.opened && stream.transport.is_none() => Wake::Nothing,
            _ => self.wake_somebody(),
        }
    }

    #[inline(never)]
    fn wake_somebody(&mut self) -> Wake {
        let behind = self.can_append_from_log();
        let dial = self.is_waiting();
        match &mut self.stream {
            None if dial => Wake::Dial,
            None => Wake::Nothing,
            Some(stream) => {
                let written = stream.live && !self.log.open.is_empty();
                if !(behind || written || !stream.ready.is_empty()) {
                    return Wake::Nothing;
                }
                if !stream.opened {
                    stream.opened = true;
                    return Wake::Open(stream.link);
                }
                stream
                    .transport
                    .take()
                    .map_or(Wake::Nothing, Wake::Transport)
            }
        }
    }

    /// R6, a link becomes current: from now on the lane's frames go to it, beginning with what the
    /// other side said has not arrived.
    pub(super) fn attach(&mut self, link: LinkId, clock: Instant, arrived: u64) {
        self.drop_stream();
        if self.forgotten {
            return;
        }
        self.cursor = self.freed().max(arrived.min(self.next()));
        let mut opening = BytesMut::with_capacity(32);
        LaneWriter::put_open(&mut opening, self.lane, self.name, self.cursor);
        self.stream = Some(Stream {
            link,
            writer: LaneWriter::new(clock),
            opened: false,
            opening: Some(opening.freeze()),
            ready: VecDeque::new(),
            ready_len: 0,
            live: false,
            transport: None,
        });
    }

    /// R6, a link comes into use: its Hello says what credit there is from now on, also if it is less
    /// than before. What it says of less than was taken since is no news.
    pub(super) fn begin_credit(&mut self, taken: u64, credit: u64) {
        if taken == self.freed() {
            self.credit = credit;
        }
    }

    /// Cost that may be outstanding.
    #[cfg(test)]
    pub(crate) fn credit(&self) -> u64 {
        self.credit
    }

    /// The current link has ended. Who has waited only for its transport to pull has to wait no more.
    pub(super) fn detach(&mut self, wakers: &mut Vec<Waker>) {
        wakers.extend(self.drop_stream());
        self.call_all_with_room(wakers);
    }

    /// What the current link had not written dies with it, the log stays.
    pub(super) fn drop_stream(&mut self) -> Option<Waker> {
        let stream = self.stream.take()?;
        self.log.close_open();
        stream.transport
    }

    /// R6, an `Ack` or a counted Hello: frees what was taken and keeps the best credit. Returns
    /// how many messages were freed.
    pub(super) fn acknowledge(&mut self, ack: Ack) -> Result<usize, Violation> {
        self.check_taken(ack.taken)?;
        match ack.taken.cmp(&self.freed()) {
            std::cmp::Ordering::Less => return Ok(0),
            std::cmp::Ordering::Equal => self.credit = self.credit.max(ack.credit),
            std::cmp::Ordering::Greater => self.credit = ack.credit,
        }
        let freed = self.log.free_below(ack.taken);
        if self.log.cost() == 0 && self.share.limit() > LANE_SHARE {
            self.share.give_back();
            self.log.trim();
        }
        self.tell_missed();
        Ok(freed)
    }

    /// R6: nobody has taken what was never sent.
    pub(super) fn check_taken(&self, taken: u64) -> Result<(), Violation> {
        let (lane, next) = (self.lane, self.next());
        if taken > next {
            return Err(Violation::AckBeyondSent { lane, taken, next });
        }
        Ok(())
    }

    /// Whether the log alone has room; it grows if it may.
    #[inline]
    pub(crate) fn has_log_room(&mut self, body_len: usize) -> bool {
        self.has_log_room_for(body_len, None)
    }

    pub(super) fn stop_live(&mut self) {
        if let Some(stream) = &mut self.stream
            && std::mem::take(&mut stream.live)
        {
            stream.push_ready(self.log.close_open());
        }
    }
}
