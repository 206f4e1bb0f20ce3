//! Received messages in bulk: the chunks of one read and where the frames lie in them.
//!
//! Frames are used in place. Only one that straddles two chunks is copied together.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::items::Items;
use super::kind;
use super::received_types::{ReceivedType, ReceivedTypes};

/// Received frames of one lane, consecutive in its numbering.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) chunks: Vec<Bytes>,
    pub(crate) items: Items,
    /// The types that the items point to.
    pub(crate) types: Arc<ReceivedTypes>,
    /// The number of the first item.
    pub(crate) first: u64,
    /// What deadlines are counted from.
    pub(crate) clock: Instant,
    /// Bytes that the chunks keep from being freed.
    pub(super) retained: u64,
}

/// Bytes of a parcel without what is in its lists: itself, and what four allocations take beside
/// what was asked of them.
pub(super) const PARCEL_BYTES: usize = size_of::<Parcel>() + 4 * 32;

/// One sequenced frame. Each is looked at half a dozen times on its way to its handler, in lists
/// that leave the nearest cache: so it is as small as can be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) kind: u8,
    pub(crate) type_index: u16,
    chunk: u32,
    offset: u32,
    len: u32,
    /// How many numbers a *skip* stands for, the count of a *missed*, the deadline of a command.
    more: u64,
}

const _: () = assert!(size_of::<Item>() == 24);

impl Item {
    #[inline]
    pub(crate) fn new(kind: u8, chunk: usize, offset: usize, len: usize) -> Self {
        Self {
            kind,
            type_index: 0,
            chunk: chunk as u32,
            offset: offset as u32,
            len: len as u32,
            more: 0,
        }
    }

    /// A *skip* or a *missed* with its count.
    pub(crate) fn counted(kind: u8, count: u64) -> Self {
        let more = count;
        Self {
            more,
            ..Self::new(kind, 0, 0, 0)
        }
    }

    /// The same of the type with this number.
    #[inline]
    pub(crate) fn of_type(self, type_index: u16) -> Self {
        Self { type_index, ..self }
    }

    /// The same with this deadline, if it is a command: milliseconds after its parcel's clock.
    pub(crate) fn until(mut self, stamp: u64) -> Self {
        if self.plain_kind() == kind::COMMAND {
            self.more = stamp;
        }
        self
    }

    /// Whether it is a command whose deadline is not after the milliseconds that have passed on its
    /// parcel's clock.
    #[inline]
    pub(crate) fn is_past(&self, passed: u64) -> bool {
        self.more <= passed && self.plain_kind() == kind::COMMAND
    }

    /// The same with its body elsewhere.
    pub(super) fn at(self, chunk: usize, offset: usize) -> Self {
        let (chunk, offset) = (chunk as u32, offset as u32);
        Self {
            chunk,
            offset,
            ..self
        }
    }

    /// The same in a parcel with another clock; a deadline is later by less than a millisecond.
    pub(super) fn on_clock(self, before: Instant, now: Instant) -> Self {
        if self.plain_kind() != kind::COMMAND || before == now {
            return self;
        }
        let later = before.saturating_duration_since(now).as_micros();
        let earlier = now.saturating_duration_since(before).as_millis();
        let milliseconds = |count: u128| u64::try_from(count).unwrap_or(u64::MAX);
        let more = self
            .more
            .saturating_add(milliseconds(later.div_ceil(1_000)));
        let more = more.saturating_sub(milliseconds(earlier));
        Self { more, ..self }
    }

    /// How many numbers it stands for; the count of a *missed*.
    pub(crate) fn count(&self) -> u64 {
        match self.kind {
            kind::SKIP | kind::MISSED => self.more,
            _ => 1,
        }
    }

    /// How many numbers of the lane it takes up.
    #[inline]
    pub(crate) fn numbers(&self) -> u64 {
        if self.kind == kind::SKIP {
            self.more
        } else {
            1
        }
    }

    /// The kind without the bits of headers and body.
    #[inline]
    pub(crate) fn plain_kind(&self) -> u8 {
        kind::plain(self.kind)
    }

    /// Whether both are commands or both events, and of one type.
    #[inline]
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let same_kind = self.kind == other.kind || self.plain_kind() == other.plain_kind();
        same_kind && self.type_index == other.type_index
    }

    /// Bytes of the body.
    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }
}

impl Parcel {
    /// Bytes of memory that it keeps, the types of its stream among them: that may have ended.
    #[inline]
    pub(super) fn memory(&self) -> u64 {
        let lists = self.chunks.capacity() * size_of::<Bytes>() + self.items.memory();
        self.retained + (PARCEL_BYTES + lists + self.types.memory()) as u64
    }

    /// Whether messages of so much cost are worth keeping it.
    #[inline]
    pub(crate) fn is_worth(&self, cost: u64) -> bool {
        2 * cost >= self.memory()
    }

    /// The body of an item: what follows its head.
    pub(crate) fn body(&self, item: &Item) -> &[u8] {
        let (start, end) = (
            item.offset as usize,
            item.offset as usize + item.len as usize,
        );
        self.chunk(item).get(start..end).unwrap_or(&[])
    }

    /// What the body of an item lies in.
    #[inline]
    pub(crate) fn chunk(&self, item: &Item) -> &Bytes {
        static NOTHING: Bytes = Bytes::new();
        self.chunks.get(item.chunk as usize).unwrap_or(&NOTHING)
    }

    /// The body of an item, shared.
    pub(crate) fn shared_body(&self, item: &Item) -> Bytes {
        let (start, end) = (
            item.offset as usize,
            item.offset as usize + item.len as usize,
        );
        self.chunks
            .get(item.chunk as usize)
            .map_or_else(Bytes::new, |chunk| chunk.slice(start..end))
    }

    /// When an item is not worth handling any more, if it is a command.
    #[inline]
    pub(crate) fn deadline(&self, item: &Item) -> Option<Instant> {
        if item.plain_kind() != kind::COMMAND {
            return None;
        }
        self.clock.checked_add(Duration::from_millis(item.more))
    }

    /// How many milliseconds have passed on its clock by `now`. `None`: it has not begun.
    pub(crate) fn passed(&self, now: Instant) -> Option<u64> {
        let passed = now.checked_duration_since(self.clock)?.as_millis();
        Some(passed.try_into().unwrap_or(u64::MAX))
    }

    /// The type of an item; the lane of a *missed* that was put together with others.
    pub(crate) fn received_type(&self, item: &Item) -> Option<&ReceivedType> {
        self.types.get(item.type_index as usize)
    }

    /// The lane that an item came in, as its sender calls it, if it is a *missed*.
    pub(crate) fn lane_missed(&self, item: &Item) -> Arc<str> {
        let named = || self.received_type(item).map(|named| &named.name);
        self.types
            .lane()
            .or_else(named)
            .map_or_else(|| "".into(), Arc::clone)
    }
}
