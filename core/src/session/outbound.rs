//! The sending half of a lane: numbering, log, credit, resend (R6) and the outgoing buffer.
//!
//! `freed ≤ cursor ≤ next`; the log holds `[freed, next)`, and `[freed, cursor)` was appended to
//! the current link. In the common case, a current link that has been caught up with, a message is
//! encoded once, straight into the buffer that the transport writes next, and that buffer is its
//! log at the same time. Otherwise it is encoded into the log only, and the transport's next pull
//! copies it out with a fresh head.

use std::collections::VecDeque;
use std::task::Waker;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::control::Ack;
use super::kind;
use super::lane_id::LaneId;
use super::lane_writer::{LaneWriter, WireType};
use super::link_id::LinkId;
use super::lock::bound;
use super::log::{Content, LEAST_COST, Log, NewEntry, cost_of};
use super::pending::Pending;
use super::room::Room;
use super::share::Share;
use super::stream::Stream;
use super::violation::Violation;
use super::window::LANE_SHARE;

/// Cost that a lane may hold at most (promise 20).
pub(crate) const LANE_COST: u64 = bound(8 << 20, 4 * LEAST_COST);
/// Bytes in the outgoing buffer at which senders pause until the transport has pulled: a batch
/// that is written while it is in the second-level cache is written a fifth faster.
pub(super) const HIGH_WATER: usize = bound(64 << 10, 256) as usize;
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
    /// The type used last, the address of its name and its index: most lanes repeat one.
    last_type: Option<(usize, WireType, u32)>,
    pub(crate) pending: Pending,
    pub(crate) room: Room,
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
            room: Room::default(),
            slow: false,
            missed: 0,
            accepted_before: 0,
            resent: 0,
            missed_ever: 0,
            relieved: None,
            down: false,
            leaving: false,
            stopped: false,
        }
    }

    /// The number that the next message gets.
    pub(crate) fn next(&self) -> u64 {
        self.log.next()
    }

    /// The first number that is not acknowledged.
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
    pub(crate) fn has_room(&mut self, body_len: usize) -> bool {
        self.outgoing() < HIGH_WATER && self.has_log_room(body_len)
    }

    /// Takes out the next that waits for room, if there is some; it is to be woken after unlocking.
    pub(crate) fn call_next_if_room(&mut self) -> Option<Waker> {
        // In this order: hardly ever does anybody wait.
        if self.room.is_empty() || !self.has_room(0) {
            return None;
        }
        self.room.call_next()
    }

    /// Bytes that the transport has not pulled yet.
    pub(super) fn outgoing(&self) -> usize {
        self.stream.as_ref().map_or(0, |stream| {
            stream.ready_len + if stream.live { self.log.open.len() } else { 0 }
        })
    }

    /// Accepts a message: numbers it, logs it and, if the current link is caught up with, appends
    /// it there. `write` appends exactly `body_len` bytes; what it has written is taken back when
    /// it says no, writes another length or panics.
    pub(crate) fn accept(
        &mut self,
        head: Head,
        write: impl FnOnce(&mut BytesMut) -> bool,
    ) -> Result<u64, Unaccepted> {
        let type_index = self.check(head)?;
        self.tell_missed();
        let sequence = self.next();
        let live = self.go_live_if_possible(head.body_len);
        if !live {
            self.log.close_full();
        }
        if self.log.is_worth_closing(head.body_len + 64) {
            let bytes = self.log.close_open();
            if let Some(stream) = self.stream.as_mut().filter(|_| live) {
                stream.push_ready(bytes);
            }
        }
        self.log.reserve(head.body_len + 64);
        let rollback = self.put_head_if(live, head, type_index);
        let offset = self.log.open.len();
        let mut tail = Tail {
            open: &mut self.log.open,
            keep: rollback,
        };
        if !write(tail.open) || tail.open.len() != offset + head.body_len {
            return Err(Unaccepted::Unencodable);
        }
        tail.keep = usize::MAX;
        drop(tail);
        self.log.push_open(head.entry(type_index, live), offset);
        if live {
            self.cursor = sequence + 1;
        }
        Ok(sequence)
    }

    /// As [`accept`](Self::accept), for a body that is encoded already and shared by all
    /// recipients; a large one is not copied.
    pub(crate) fn accept_shared(&mut self, head: Head, body: &Bytes) -> Result<u64, Unaccepted> {
        if body.len() < LARGE || body.len() != head.body_len {
            return self.accept(head, |out| {
                out.extend_from_slice(body);
                true
            });
        }
        let type_index = self.check(head)?;
        self.tell_missed();
        let sequence = self.next();
        let live = self.go_live_if_possible(head.body_len);
        self.put_head_if(live, head, type_index);
        let heads = self.log.close_open();
        if live && let Some(stream) = &mut self.stream {
            stream.push_ready(heads);
            stream.push_ready(Some(body.clone()));
            self.cursor = sequence + 1;
        }
        self.log
            .push_whole(head.entry(type_index, live), body.clone());
        Ok(sequence)
    }

    /// What has to be done because there is something to write; to be asked after accepting,
    /// acknowledging and attaching.
    pub(crate) fn wake(&mut self) -> Wake {
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
        self.detach();
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

    /// The current link has ended: what it had not written dies with it, the log stays.
    pub(super) fn detach(&mut self) -> Option<Waker> {
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
    pub(crate) fn has_log_room(&mut self, body_len: usize) -> bool {
        let (cost, more) = (self.log.cost(), cost_of(body_len));
        cost == 0 || cost + more <= self.share.limit() || self.share.make_room(cost + more)
    }

    /// Whether a message of this size may be encoded straight into the outgoing buffer: the link
    /// is caught up with and there is credit. Switches the open chunk over.
    fn go_live_if_possible(&mut self, body_len: usize) -> bool {
        let next = self.next();
        let cost_end = self.log.cost() + cost_of(body_len);
        let credit = cost_end <= self.credit || self.freed() == next;
        let Some(stream) = &mut self.stream else {
            return false;
        };
        let caught_up = self.cursor == next;
        if stream.live && !(caught_up && credit) {
            stream.live = false;
            stream.push_ready(self.log.close_open());
        } else if !stream.live && caught_up && credit {
            self.log.close_open();
            stream.live = true;
        }
        stream.live
    }

    pub(super) fn stop_live(&mut self) {
        if let Some(stream) = &mut self.stream
            && std::mem::take(&mut stream.live)
        {
            stream.push_ready(self.log.close_open());
        }
    }

    /// Whether a message can be accepted at all; the index of its type.
    fn check(&mut self, head: Head) -> Result<u32, Unaccepted> {
        if let Some(refused) = self.refuses() {
            return Err(refused);
        }
        if head.body_len > kind::MAX_BODY {
            return Err(Unaccepted::Unencodable);
        }
        match head.wire_type {
            Some(wire_type) => self.type_index(wire_type).ok_or(Unaccepted::Unencodable),
            None => Ok(0),
        }
    }

    /// Writes what stands before the body into the open chunk if that is `live`. Returns the
    /// length that the chunk has without the message: an announcement stays.
    fn put_head_if(&mut self, live: bool, head: Head, type_index: u32) -> usize {
        let open = &mut self.log.open;
        let Some(stream) = self.stream.as_mut().filter(|_| live) else {
            return open.len();
        };
        if head.wire_type.is_some() {
            stream.writer.announce(open, &self.types, type_index);
        }
        let without = open.len();
        let Head {
            kind,
            deadline,
            body_len,
            ..
        } = head;
        stream
            .writer
            .put_head(open, kind, type_index, deadline, body_len);
        without
    }

    fn type_index(&mut self, wire_type: WireType) -> Option<u32> {
        let address = wire_type.name.as_ptr().addr();
        if let Some((last, known, index)) = self.last_type
            && (last, known.name.len(), known.codec)
                == (address, wire_type.name.len(), wire_type.codec)
        {
            return Some(index);
        }
        let known = self.types.iter().position(|known| *known == wire_type);
        let is_legal = wire_type.name.len() <= kind::MAX_TYPE_NAME;
        let index = match known {
            Some(known) => known,
            None if is_legal && self.types.len() < kind::MAX_TYPES => {
                self.types.push(wire_type);
                self.types.len() - 1
            }
            None => return None,
        } as u32;
        self.last_type = Some((address, wire_type, index));
        Some(index)
    }
}

impl Head {
    fn entry(self, type_index: u32, appended: bool) -> NewEntry {
        let Self { kind, deadline, .. } = self;
        NewEntry {
            kind,
            type_index,
            appended,
            deadline,
        }
    }
}

/// Bytes being written at the end of the open chunk; cut off again if they are not kept.
struct Tail<'a> {
    open: &'a mut BytesMut,
    keep: usize,
}

impl Drop for Tail<'_> {
    fn drop(&mut self) {
        self.open.truncate(self.keep);
    }
}
