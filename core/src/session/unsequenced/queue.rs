//! What waits for the transport in one unsequenced lane of one link.

use std::collections::VecDeque;
use std::task::Waker;

use bytes::{Bytes, BytesMut};

use crate::session::kind::UNSEQUENCED_ROOM;

/// Frames below this size are written together: QUIC spends its time per write.
const SMALL: usize = 16 << 10;

/// Frames that wait for the transport, 1 MiB at most, and the number of what each asks.
#[derive(Debug, Default)]
pub(super) struct Queue {
    frames: VecDeque<(u64, Bytes)>,
    len: usize,
    /// The first frame of the stream, until it is pulled.
    opening: Option<Bytes>,
    opened: bool,
    transport: Option<Waker>,
}

impl Queue {
    /// Whether so many bytes more may wait.
    pub(super) fn has_room(&self, len: usize) -> bool {
        self.len + len <= UNSEQUENCED_ROOM
    }

    /// Whether so much waits that the rest is for what has begun already.
    pub(super) fn is_half_full(&self) -> bool {
        self.len > UNSEQUENCED_ROOM / 2
    }

    /// Numbers are entered in their order.
    pub(super) fn push(&mut self, number: u64, frame: Bytes) {
        self.len += frame.len();
        self.frames.push_back((number, frame));
    }

    /// Whether the transport has not been given this number.
    pub(super) fn holds(&self, number: u64) -> bool {
        self.place(number).is_ok()
    }

    /// This number is not to be written, if it has not been.
    pub(super) fn remove(&mut self, number: u64) {
        let removed = self.place(number).map(|at| self.frames.remove(at));
        if let Ok(Some((_, frame))) = removed {
            self.len -= frame.len();
        }
    }

    /// Nothing that waits is to be written.
    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.len = 0;
    }

    /// The stream begins with this. `None`: it has begun.
    pub(super) fn open(&mut self, opening: impl FnOnce() -> Bytes) -> Option<()> {
        if std::mem::replace(&mut self.opened, true) {
            return None;
        }
        self.opening = Some(opening());
        Some(())
    }

    /// The transport, if it waits for something to write.
    pub(super) fn take_transport(&mut self) -> Option<Waker> {
        self.transport.take()
    }

    /// Moves all that waits to `chunks`. Nothing does: keeps the transport's waker.
    pub(super) fn pull(&mut self, chunks: &mut Vec<Bytes>, waker: &Waker) {
        let mut small = BytesMut::new();
        let opening = self.opening.take();
        let frames = self.frames.drain(..).map(|(_, frame)| frame);
        for frame in opening.into_iter().chain(frames) {
            if frame.len() < SMALL {
                small.extend_from_slice(&frame);
                continue;
            }
            chunks.extend((!small.is_empty()).then(|| small.split().freeze()));
            chunks.push(frame);
        }
        chunks.extend((!small.is_empty()).then(|| small.freeze()));
        self.len = 0;
        if chunks.is_empty() {
            self.transport = Some(waker.clone());
        }
    }

    fn place(&self, number: u64) -> Result<usize, usize> {
        self.frames.binary_search_by_key(&number, |(at, _)| *at)
    }
}
