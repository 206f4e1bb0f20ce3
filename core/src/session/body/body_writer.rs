//! The writing end of a body's stream: frames, within the credit given.

use bytes::{BufMut, Bytes, BytesMut};

use super::WIDEST;
use crate::message::bounded_text;
use crate::session::kind;
use crate::wire::{put_varint, varint_len};

/// Pieces below this are copied together: QUIC spends its time per chunk.
const LARGE: usize = 16 << 10;
/// Bytes after which a batch is handed over.
const BATCH: usize = 64 << 10;
/// Bytes that the head of a chunk takes at most.
const HEAD: usize = 4;

/// Makes a body's stream of what its source gives.
#[derive(Debug)]
pub(crate) struct BodyWriter {
    /// What the source gave and credit did not cover yet.
    held: Bytes,
    sent: u64,
    credit: u64,
    /// Small pieces on their way into one chunk of memory.
    open: BytesMut,
    ready: Vec<Bytes>,
    ready_len: usize,
    ended: bool,
}

impl BodyWriter {
    /// The stream of this body; its first frame is ready.
    pub(crate) fn new(body: u64) -> Self {
        let mut open = BytesMut::new();
        put_varint(&mut open, 1 + varint_len(body) as u64);
        open.put_u8(kind::BODY);
        put_varint(&mut open, body);
        Self {
            held: Bytes::new(),
            sent: 0,
            credit: 0,
            open,
            ready: Vec::new(),
            ready_len: 0,
            ended: false,
        }
    }

    /// The reader has asked for bytes up to this one. Nobody may ask for more than the widest
    /// window.
    pub(crate) fn allow(&mut self, up_to: u64) {
        let most = self.sent.saturating_add(WIDEST);
        self.credit = self.credit.max(up_to.min(most));
        self.send_held();
    }

    /// Whether the source is to be asked for more.
    pub(crate) fn wants_more(&self) -> bool {
        let credit = self.sent < self.credit;
        !self.ended && credit && self.held.is_empty() && self.ready_len < BATCH
    }

    /// The source gives these bytes.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        self.held = bytes;
        self.send_held();
    }

    /// The source has nothing more.
    pub(crate) fn finish(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            let sent = self.sent;
            put_varint(&mut self.open, 1 + varint_len(sent) as u64);
            self.open.put_u8(kind::END);
            put_varint(&mut self.open, sent);
        }
    }

    /// The source has failed.
    pub(crate) fn fail(&mut self, text: &str) {
        if !std::mem::replace(&mut self.ended, true) {
            let text = bounded_text(text);
            put_varint(&mut self.open, 1 + text.len() as u64);
            self.open.put_u8(kind::FAILED);
            self.open.put_slice(text.as_bytes());
        }
    }

    /// Moves what is to be written to `chunks`. `false`: nothing now.
    pub(crate) fn take(&mut self, chunks: &mut Vec<Bytes>) -> bool {
        self.close_open();
        let some = !self.ready.is_empty();
        chunks.append(&mut self.ready);
        self.ready_len = 0;
        some
    }

    fn send_held(&mut self) {
        while !self.held.is_empty() && self.sent < self.credit {
            let credit = self.credit - self.sent;
            let most = self.held.len().min(kind::MAX_CHUNK);
            let len = most.min(usize::try_from(credit).unwrap_or(most));
            let piece = self.held.split_to(len);
            self.sent += len as u64;
            self.put_chunk(piece);
        }
    }

    fn put_chunk(&mut self, piece: Bytes) {
        if self.open.capacity() - self.open.len() < HEAD + piece.len().min(LARGE) {
            self.close_open();
            self.open.reserve(BATCH);
        }
        put_varint(&mut self.open, 1 + piece.len() as u64);
        self.open.put_u8(kind::CHUNK);
        if piece.len() < LARGE {
            self.open.put_slice(&piece);
        } else {
            self.close_open();
            self.ready_len += piece.len();
            self.ready.push(piece);
        }
    }

    fn close_open(&mut self) {
        if !self.open.is_empty() {
            self.ready_len += self.open.len();
            self.ready.push(self.open.split().freeze());
        }
    }
}
