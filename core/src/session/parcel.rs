//! Received messages in bulk: the chunks of one read and where the frames lie in them.
//!
//! Frames are used in place. Only one that straddles two chunks is copied together.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::kind;
use super::received_types::{ReceivedType, ReceivedTypes};

/// Received frames of one lane, consecutive in its numbering.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) chunks: Vec<Bytes>,
    pub(crate) items: Vec<Item>,
    /// The types that the items point to.
    pub(crate) types: Arc<ReceivedTypes>,
    /// The number of the first item.
    pub(crate) first: u64,
}

/// One sequenced frame. Each is looked at half a dozen times on its way to its handler, in lists
/// that leave the nearest cache: so two of them fill a line of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) kind: u8,
    pub(crate) type_index: u16,
    chunk: u32,
    offset: u32,
    len: u32,
    more: More,
}

/// What only some frames have.
#[derive(Debug, Clone, Copy)]
enum More {
    Nothing,
    /// How many numbers a *skip* stands for; the count of a *missed*.
    Count(u64),
    /// When a command is not worth handling any more.
    Deadline(Instant),
}

const _: () = assert!(size_of::<Item>() == 32);

impl Item {
    pub(crate) fn new(kind: u8, chunk: usize, offset: usize, len: usize) -> Self {
        Self {
            kind,
            type_index: 0,
            chunk: chunk as u32,
            offset: offset as u32,
            len: len as u32,
            more: More::Nothing,
        }
    }

    /// A *skip* or a *missed* with its count.
    pub(crate) fn counted(kind: u8, count: u64) -> Self {
        let more = More::Count(count);
        Self {
            more,
            ..Self::new(kind, 0, 0, 0)
        }
    }

    /// The same with this deadline, if it is one.
    pub(crate) fn until(mut self, deadline: Option<Instant>) -> Self {
        if let Some(deadline) = deadline {
            self.more = More::Deadline(deadline);
        }
        self
    }

    /// When it is not worth handling any more, if it is a command.
    #[inline]
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.more {
            More::Deadline(deadline) => Some(deadline),
            More::Nothing | More::Count(_) => None,
        }
    }

    /// How many numbers it stands for; the count of a *missed*.
    pub(crate) fn count(&self) -> u64 {
        match self.more {
            More::Count(count) => count,
            More::Nothing | More::Deadline(_) => 1,
        }
    }

    /// How many numbers of the lane it takes up.
    #[inline]
    pub(crate) fn numbers(&self) -> u64 {
        if self.kind == kind::SKIP {
            self.count()
        } else {
            1
        }
    }

    /// The kind without the bits of headers and body.
    pub(crate) fn plain_kind(&self) -> u8 {
        kind::plain(self.kind)
    }

    /// Bytes of the body.
    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }
}

impl Parcel {
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

    /// The type of an item.
    pub(crate) fn received_type(&self, item: &Item) -> Option<&ReceivedType> {
        self.types.get(item.type_index as usize)
    }
}
