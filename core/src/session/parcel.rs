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

/// One sequenced frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) kind: u8,
    pub(crate) type_index: u32,
    chunk: u32,
    offset: u32,
    len: u32,
    /// How many numbers it stands for; the count of a *missed*.
    pub(crate) count: u64,
    /// Milliseconds on the link's clock at which a command is not worth handling any more.
    pub(crate) deadline: Option<Instant>,
}

impl Item {
    pub(crate) fn new(kind: u8, chunk: usize, offset: usize, len: usize) -> Self {
        Self {
            kind,
            type_index: 0,
            chunk: chunk as u32,
            offset: offset as u32,
            len: len as u32,
            count: 1,
            deadline: None,
        }
    }

    /// How many numbers of the lane it takes up.
    pub(crate) fn numbers(&self) -> u64 {
        if self.kind == kind::SKIP {
            self.count
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
        self.chunks
            .get(item.chunk as usize)
            .and_then(|chunk| chunk.get(start..end))
            .unwrap_or(&[])
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
