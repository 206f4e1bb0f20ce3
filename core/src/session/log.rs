//! The log of a lane: what was accepted and is not yet acknowledged.
//!
//! Bodies lie in chunks of some 64 KiB. A chunk is filled once and is then, at the same time, the
//! batch that the transport writes and the memory that a resend reads from: no second copy. Head
//! bytes may stand between the bodies of a chunk; nobody reads them again, a resend writes new
//! heads. The price is that a chunk lives until its last body is acknowledged.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::log_entry::{Content, Entry, NewEntry, PackedEntry, Place};

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
    entries: VecDeque<PackedEntry>,
    /// What the deadlines of the entries are counted from: the first of all.
    clock: Option<Instant>,
    chunks: VecDeque<Chunk>,
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

    #[inline]
    pub(crate) fn get(&self, sequence: u64) -> Option<Entry> {
        let packed = self.entries.get(self.at(sequence)?)?;
        Some(packed.unpack(sequence, self.cost_freed, self.clock))
    }

    /// The message has been appended to a link; whether it had been before.
    #[inline]
    pub(crate) fn append(&mut self, sequence: u64) -> bool {
        let at = self.at(sequence);
        let entry = at.and_then(|at| self.entries.get_mut(at));
        entry.is_some_and(PackedEntry::append)
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
        self.push(entry, len, Content::Body(self.place(offset, len)));
    }

    /// Enters a message whose body is a chunk of its own; the open chunk must be closed.
    pub(crate) fn push_whole(&mut self, entry: NewEntry, body: Bytes) {
        let len = body.len();
        self.chunks.push_back(Chunk {
            bytes: body,
            end: self.next() + 1,
        });
        self.push(entry, len, Content::Body(self.place(0, len)));
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
        match self.chunk(place) {
            Some(chunk) => chunk.bytes.slice(place.range()),
            None => Bytes::copy_from_slice(&self.open[place.range()]),
        }
    }

    /// The body at `place`, borrowed.
    pub(crate) fn body_slice(&self, place: Place) -> &[u8] {
        match self.chunk(place) {
            Some(chunk) => &chunk.bytes[place.range()],
            None => &self.open[place.range()],
        }
    }

    /// Forgets everything below `sequence`; returns how many messages that were.
    pub(crate) fn free_below(&mut self, sequence: u64) -> usize {
        let count = sequence
            .saturating_sub(self.first)
            .min(self.entries.len() as u64) as usize;
        let last = count.checked_sub(1).map(|last| self.first + last as u64);
        if let Some(last) = last.and_then(|last| self.get(last)) {
            self.cost_freed += last.cost_up_to;
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
        let at = self.at(sequence);
        let entry = at.and_then(|at| self.entries.get_mut(at));
        self.voided += u64::from(entry.is_some_and(PackedEntry::void));
    }

    /// All entries are voids: what their bodies lay in is freed at once.
    pub(crate) fn drop_bodies(&mut self) {
        self.chunks = VecDeque::new();
        self.open = BytesMut::new();
        self.empty = Vec::new();
        self.entries.shrink_to_fit();
    }

    /// Bytes that the entries take.
    pub(crate) fn entries_memory(&self) -> u64 {
        (self.entries.capacity() * size_of::<PackedEntry>()) as u64
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

    /// Where the message with this number is among the entries, if it is.
    #[inline]
    fn at(&self, sequence: u64) -> Option<usize> {
        usize::try_from(sequence.checked_sub(self.first)?).ok()
    }

    /// That of the next message.
    #[inline]
    fn place(&self, offset: usize, len: usize) -> Place {
        Place {
            sequence: self.next(),
            offset: offset as u32,
            len: len as u32,
        }
    }

    /// The closed chunk that the place is in; `None`: it is in the open one.
    fn chunk(&self, place: Place) -> Option<&Chunk> {
        let at = self
            .chunks
            .partition_point(|chunk| chunk.end <= place.sequence);
        self.chunks.get(at)
    }

    #[inline]
    fn push(&mut self, entry: NewEntry, len: usize, content: Content) {
        self.cost_accepted += cost_of(len);
        if let Some(deadline) = entry.deadline {
            self.clock.get_or_insert(deadline);
        }
        let packed = PackedEntry::new(entry, content, self.cost_accepted, self.clock);
        self.entries.push_back(packed);
    }
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
