//! A lane's stream on the current link: what was encoded for it and is not yet written.

use std::collections::VecDeque;
use std::task::Waker;

use bytes::Bytes;

use super::lane_writer::LaneWriter;
use super::link_id::LinkId;

/// The lane's stream on the current link.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    pub(super) link: LinkId,
    pub(super) writer: LaneWriter,
    /// Whether the transport has been given the stream; an idle lane has none.
    pub(super) opened: bool,
    /// The stream's first frame.
    pub(super) opening: Option<Bytes>,
    /// Chunks to write before the open chunk.
    pub(super) ready: VecDeque<Bytes>,
    pub(super) ready_len: usize,
    /// Whether the log's open chunk is to be written as it stands.
    pub(super) live: bool,
    pub(super) transport: Option<Waker>,
}

impl Stream {
    pub(super) fn push_ready(&mut self, bytes: Option<Bytes>) {
        if let Some(bytes) = bytes {
            self.ready_len += bytes.len();
            self.ready.push_back(bytes);
        }
    }
}
