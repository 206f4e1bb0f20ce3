//! Accepting a message: its number, its place in the log, and its frame for the link (R6).
//!
//! Nearly every message is one of a type that the stream has been told of, for a link that has been
//! caught up with, with credit and with room in the open chunk. Whether it is costs a dozen
//! comparisons, and then nothing is left to do but to write it. Everything else is prepared out of
//! the way.

use bytes::{Bytes, BytesMut};

use super::kind;
use super::lane_writer::WireType;
use super::log::cost_of;
use super::log_entry::NewEntry;
use super::outbound::{Head, LARGE, Outbound, Unaccepted};

/// Bytes that stand before a body at the most.
const HEAD: usize = 64;

/// A type, and its index in the lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct LastType {
    /// Of the name: comparing that takes longer.
    address: usize,
    wire_type: WireType,
    index: u32,
}

/// How a message is accepted.
#[derive(Clone, Copy)]
struct Way {
    type_index: u32,
    /// Whether its frame goes into the open chunk.
    live: bool,
}

impl Outbound {
    /// Accepts a message: numbers it, logs it and, if the current link is caught up with, appends
    /// it there. `write` appends exactly `body_len` bytes; what it has written is taken back when
    /// it says no, writes another length or panics.
    #[inline]
    pub(crate) fn accept(
        &mut self,
        head: Head,
        write: impl FnOnce(&mut BytesMut) -> bool,
    ) -> Result<u64, Unaccepted> {
        let Way { type_index, live } = match self.usual_way(&head) {
            Some(way) => way,
            None => self.prepare(&head)?,
        };
        let sequence = self.next();
        let open = &mut self.log.open;
        let keep = open.len();
        if let Some(stream) = self.stream.as_ref().filter(|_| live) {
            stream
                .writer
                .put_head(open, head.kind, type_index, head.deadline, head.body_len);
        }
        let offset = open.len();
        let mut tail = Tail { open, keep };
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
    #[inline]
    pub(crate) fn accept_shared(&mut self, head: Head, body: &Bytes) -> Result<u64, Unaccepted> {
        if body.len() < LARGE || body.len() != head.body_len {
            return self.accept(head, |out| {
                out.extend_from_slice(body);
                true
            });
        }
        self.accept_large(head, body)
    }

    fn accept_large(&mut self, head: Head, body: &Bytes) -> Result<u64, Unaccepted> {
        let type_index = self.check(&head)?;
        self.tell_missed();
        let sequence = self.next();
        let live = self.go_live_if_possible(head.body_len);
        self.put_head_if(live, &head, type_index);
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

    /// Whether this is the usual case, in which nothing has to be prepared.
    #[inline]
    fn usual_way(&self, head: &Head) -> Option<Way> {
        let stream = self.stream.as_ref()?;
        // Not one by one: none of them is ever set.
        let unusual = self.stopped | self.down | self.leaving | self.slow | (self.missed > 0);
        let caught_up = stream.live & (self.cursor == self.next());
        let credit = self.log.cost() + cost_of(head.body_len) <= self.credit;
        let room = self.log.spare() >= head.body_len + HEAD;
        if unusual | !caught_up | !credit | !room {
            return None;
        }
        let type_index = match &head.wire_type {
            Some(wire_type) => {
                let index = self.last_type.as_ref()?.index_of(wire_type)?;
                stream.writer.has_announced(index).then_some(index)?
            }
            None => 0,
        };
        let live = true;
        Some(Way { type_index, live })
    }

    /// Finds out how the message can be accepted, and makes room for it.
    #[inline(never)]
    fn prepare(&mut self, head: &Head) -> Result<Way, Unaccepted> {
        let type_index = self.check(head)?;
        self.tell_missed();
        let live = self.go_live_if_possible(head.body_len);
        if !live {
            self.log.close_full();
        }
        if self.log.is_worth_closing(head.body_len + HEAD) {
            let bytes = self.log.close_open();
            if let Some(stream) = self.stream.as_mut().filter(|_| live) {
                stream.push_ready(bytes);
            }
        }
        self.log.reserve(head.body_len + HEAD);
        self.announce_if(live, head, type_index);
        Ok(Way { type_index, live })
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

    /// Whether a message can be accepted at all; the index of its type.
    fn check(&mut self, head: &Head) -> Result<u32, Unaccepted> {
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

    /// Announces the type in the open chunk if that is `live` and it is news. It stays there
    /// whatever becomes of the message.
    fn announce_if(&mut self, live: bool, head: &Head, type_index: u32) {
        if let Some(stream) = self.stream.as_mut().filter(|_| live)
            && head.wire_type.is_some()
        {
            stream
                .writer
                .announce(&mut self.log.open, &self.types, type_index);
        }
    }

    /// Writes what stands before the body into the open chunk if that is `live`.
    fn put_head_if(&mut self, live: bool, head: &Head, type_index: u32) {
        self.announce_if(live, head, type_index);
        let Head {
            kind,
            deadline,
            body_len,
            ..
        } = *head;
        let open = &mut self.log.open;
        if let Some(stream) = self.stream.as_ref().filter(|_| live) {
            stream
                .writer
                .put_head(open, kind, type_index, deadline, body_len);
        }
    }

    fn type_index(&mut self, wire_type: WireType) -> Option<u32> {
        let last = self.last_type.as_ref();
        if let Some(index) = last.and_then(|last| last.index_of(&wire_type)) {
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
        self.last_type = Some(LastType {
            address: wire_type.name.as_ptr().addr(),
            wire_type,
            index,
        });
        Some(index)
    }
}

impl LastType {
    /// The index, if it is that of this type.
    #[inline]
    fn index_of(&self, wire_type: &WireType) -> Option<u32> {
        let same = (self.address == wire_type.name.as_ptr().addr())
            & (self.wire_type.name.len() == wire_type.name.len())
            & (self.wire_type.codec == wire_type.codec);
        same.then_some(self.index)
    }
}

impl Head {
    #[inline]
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
    #[inline]
    fn drop(&mut self) {
        self.open.truncate(self.keep);
    }
}
