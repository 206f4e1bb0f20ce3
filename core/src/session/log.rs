//! The log of a lane: what was accepted and is not yet acknowledged.
//!
//! Bodies lie in chunks of some 64 KiB. A chunk is filled once and is then, at the same time, the
//! batch that the transport writes and the memory that a resend reads from: no second copy. Head
//! bytes may stand between the bodies of a chunk; nobody reads them again, a resend writes new
//! heads. The price is that a chunk lives until its last body is acknowledged.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

/// Bytes reserved at once for a chunk: batches of 16–64 KiB are what QUIC writes fastest.
const CHUNK: usize = 64 << 10;

/// A chunk of fewer bytes is rather copied than closed: QUIC searches its chunks one by one.
const LEAST_CHUNK: usize = 8 << 10;

/// Chunks that are kept to be filled again: as many as one acknowledgement frees.
const MOST_EMPTY: usize = 16;

/// Entries whose memory an idle lane keeps.
const FEW_ENTRIES: usize = 2_048;

/// Cost of a message beside its bytes: what it takes at the least (promise 20).
pub(crate) const LEAST_COST: u64 = 128;

/// One accepted message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    /// Kind on the wire.
    pub(crate) kind: u8,
    /// The message's type, as an index into the lane's types.
    pub(crate) type_index: u32,
    /// Whether it was ever appended to any link; then nobody can say that it was not handled.
    pub(crate) appended: bool,
    pub(crate) deadline: Option<Instant>,
    pub(crate) content: Content,
    /// Cost of all messages accepted in this session up to and including this one.
    pub(crate) cost_end: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Content {
    Body(Place),
    Void,
    Missed(u64),
}

/// Where a body lies: a chunk, counted from the lane's beginning, and the bytes in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    /// The low half of the chunk's number: fewer lie in a log by far.
    chunk: u32,
    offset: u32,
    len: u32,
}

#[derive(Debug, Clone)]
struct Chunk {
    bytes: Bytes,
    /// The number after the last message whose body lies in it.
    end: u64,
}

/// What was accepted in a lane and is not yet acknowledged: the numbers `[first, next)`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    first: u64,
    entries: VecDeque<Entry>,
    chunks: VecDeque<Chunk>,
    /// The number of the first chunk.
    first_chunk: u32,
    /// The chunk being filled.
    pub(crate) open: BytesMut,
    /// Chunks of which everything is acknowledged, to be filled again. With those in use they are
    /// never more than there were in use at once. Given back to the allocator they would go back to
    /// the system, and come again page by page.
    empty: Vec<BytesMut>,
    cost_accepted: u64,
    cost_freed: u64,
    /// For people.
    voided: u64,
}

impl Log {
    /// The first number that is not acknowledged.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// The number that the next message gets.
    pub(crate) fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Cost of what is not acknowledged.
    pub(crate) fn cost(&self) -> u64 {
        self.cost_accepted - self.cost_freed
    }

    /// Cost up to the first message that is not acknowledged.
    pub(crate) fn cost_freed(&self) -> u64 {
        self.cost_freed
    }

    pub(crate) fn get(&self, sequence: u64) -> Option<&Entry> {
        self.entries
            .get(usize::try_from(sequence.checked_sub(self.first)?).ok()?)
    }

    pub(crate) fn get_mut(&mut self, sequence: u64) -> Option<&mut Entry> {
        self.entries
            .get_mut(usize::try_from(sequence.checked_sub(self.first)?).ok()?)
    }

    /// Bytes for which the open chunk has room.
    #[inline]
    pub(crate) fn spare(&self) -> usize {
        self.open.capacity() - self.open.len()
    }

    /// Whether the open chunk has no room for `len` bytes and holds enough to be a chunk as it
    /// stands: to make room would copy all of it.
    pub(crate) fn is_worth_closing(&self, len: usize) -> bool {
        self.spare() < len && self.open.len() >= LEAST_CHUNK
    }

    /// Makes room in the open chunk for `len` bytes.
    pub(crate) fn reserve(&mut self, len: usize) {
        if self.spare() >= len {
            return;
        }
        let wanted = self.open.len() + len;
        match self.empty.pop_if(|chunk| chunk.capacity() >= wanted) {
            Some(mut chunk) => {
                chunk.extend_from_slice(&self.open);
                self.open = chunk;
            }
            None => self.open.reserve(len.max(CHUNK)),
        }
    }

    /// Enters a message whose body is what stands in the open chunk from `offset` on.
    #[inline]
    pub(crate) fn push_open(&mut self, entry: NewEntry, offset: usize) {
        let len = self.open.len() - offset;
        let chunk = self.open_chunk();
        let place = Place {
            chunk,
            offset: offset as u32,
            len: len as u32,
        };
        self.push(entry, len, Content::Body(place));
    }

    /// Enters a message whose body is a chunk of its own; the open chunk must be closed.
    pub(crate) fn push_whole(&mut self, entry: NewEntry, body: Bytes) {
        let chunk = self.open_chunk();
        let place = Place {
            chunk,
            offset: 0,
            len: body.len() as u32,
        };
        let len = body.len();
        self.chunks.push_back(Chunk {
            bytes: body,
            end: self.next() + 1,
        });
        self.push(entry, len, Content::Body(place));
    }

    /// Enters a message without a body.
    pub(crate) fn push_empty(&mut self, entry: NewEntry, content: Content) {
        self.push(entry, 0, content);
    }

    /// Closes the open chunk once it is full. While messages are only logged nobody else closes
    /// it, and a chunk lives until its last message is acknowledged.
    pub(crate) fn close_full(&mut self) {
        if self.open.len() >= CHUNK {
            self.close_open();
        }
    }

    /// Closes the open chunk and returns its bytes, if there are any.
    pub(crate) fn close_open(&mut self) -> Option<Bytes> {
        if self.open.is_empty() {
            return None;
        }
        let bytes = self.open.split().freeze();
        self.chunks.push_back(Chunk {
            bytes: bytes.clone(),
            end: self.next(),
        });
        Some(bytes)
    }

    /// The body at `place`; shared, not copied.
    pub(crate) fn body(&self, place: Place) -> Bytes {
        let (start, end) = (
            place.offset as usize,
            place.offset as usize + place.len as usize,
        );
        match self.chunk(place) {
            Some(chunk) => chunk.bytes.slice(start..end),
            None => Bytes::copy_from_slice(&self.open[start..end]),
        }
    }

    /// The body at `place`, borrowed.
    pub(crate) fn body_slice(&self, place: Place) -> &[u8] {
        let (start, end) = (
            place.offset as usize,
            place.offset as usize + place.len as usize,
        );
        match self.chunk(place) {
            Some(chunk) => &chunk.bytes[start..end],
            None => &self.open[start..end],
        }
    }

    /// Forgets everything below `sequence`; returns how many messages that were.
    pub(crate) fn free_below(&mut self, sequence: u64) -> usize {
        let count = sequence
            .saturating_sub(self.first)
            .min(self.entries.len() as u64) as usize;
        if let Some(last) = count.checked_sub(1).and_then(|last| self.entries.get(last)) {
            self.cost_freed = last.cost_end;
        }
        self.entries.drain(..count);
        self.first += count as u64;
        while self
            .chunks
            .front()
            .is_some_and(|chunk| chunk.end <= self.first)
        {
            if let Some(chunk) = self.chunks.pop_front() {
                self.keep(chunk.bytes);
            }
            self.first_chunk = self.first_chunk.wrapping_add(1);
        }
        if self.entries.is_empty() {
            self.empty = Vec::new();
        }
        count
    }

    /// Keeps a chunk to be filled again, if it is one of ours and nobody reads it any more.
    fn keep(&mut self, chunk: Bytes) {
        if self.empty.len() >= MOST_EMPTY {
            return;
        }
        if let Ok(mut chunk) = chunk.try_into_mut() {
            chunk.clear();
            if chunk.try_reclaim(CHUNK) && chunk.capacity() <= 2 * CHUNK {
                self.empty.push(chunk);
            }
        }
    }

    /// Nothing is logged: gives back what a full lane needed for its entries.
    pub(crate) fn trim(&mut self) {
        self.entries.shrink_to(FEW_ENTRIES);
    }

    /// Turns an entry into a void; its bytes are freed with its chunk.
    pub(crate) fn void(&mut self, sequence: u64) {
        if let Some(entry) = self.get_mut(sequence)
            && std::mem::replace(&mut entry.content, Content::Void) != Content::Void
        {
            self.voided += 1;
        }
    }

    /// How many messages became voids, in all sessions.
    pub(crate) fn voided(&self) -> u64 {
        self.voided
    }

    /// Takes the place of another log, which counted before.
    pub(crate) fn count_voids_of(&mut self, old: &Self) {
        self.voided += old.voided;
    }

    /// Bytes held in chunks.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        let closed: usize = self.chunks.iter().map(|chunk| chunk.bytes.len()).sum();
        let empty: usize = self.empty.iter().map(BytesMut::capacity).sum();
        closed + self.open.len() + empty
    }

    /// The number of the chunk being filled.
    fn open_chunk(&self) -> u32 {
        self.first_chunk.wrapping_add(self.chunks.len() as u32)
    }

    fn chunk(&self, place: Place) -> Option<&Chunk> {
        self.chunks
            .get(place.chunk.wrapping_sub(self.first_chunk) as usize)
    }

    #[inline]
    fn push(&mut self, entry: NewEntry, len: usize, content: Content) {
        self.cost_accepted += cost_of(len);
        self.entries.push_back(Entry {
            kind: entry.kind,
            type_index: entry.type_index,
            appended: entry.appended,
            deadline: entry.deadline,
            content,
            cost_end: self.cost_accepted,
        });
    }
}

/// What is known of a message before it has a place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewEntry {
    pub(crate) kind: u8,
    pub(crate) type_index: u32,
    pub(crate) appended: bool,
    pub(crate) deadline: Option<Instant>,
}

/// What a message of `len` bytes (payload and headers) costs in a lane.
pub(crate) fn cost_of(len: usize) -> u64 {
    (len as u64).max(LEAST_COST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many messages as are on their way, each of which fills a chunk with its head.
    #[test]
    fn messages_as_large_as_a_chunk_fill_those_again_that_were_acknowledged() {
        const BODY: usize = CHUNK;
        let mut log = Log::default();
        let fill = |log: &mut Log| {
            log.reserve(BODY + 64);
            let offset = log.open.len();
            log.open.resize(offset + BODY, 7);
            let entry = NewEntry {
                kind: 0,
                type_index: 0,
                appended: true,
                deadline: None,
            };
            log.push_open(entry, offset);
            drop(log.close_open());
        };
        (0..4).for_each(|_| fill(&mut log));
        let counted = allocation_counter::measure(|| {
            for _ in 0..100 {
                log.free_below(log.first() + 1);
                fill(&mut log);
            }
        });
        assert!(counted.bytes_total < BODY as u64, "{counted:?}");
    }
}
