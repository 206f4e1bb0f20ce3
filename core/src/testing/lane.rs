//! One lane of one direction: a bounded pipe of bytes, cut into pieces of random sizes.

use std::collections::VecDeque;
use std::task::Waker;

use bytes::Bytes;
use tokio::time::Instant;

use super::delay::Delay;
use super::faults::Counters;
use crate::transport::LinkEnd;

/// Bytes on their way in one lane; a writer that finds it full waits.
pub(super) const CAPACITY: usize = 256 * 1024;
/// Pieces are at most 2 to the power of this long. Sizes are drawn evenly by magnitude: half of
/// the pieces are at most 128 bytes and go through small frames, and yet a megabyte is only a
/// thousand pieces.
const LARGEST_PIECE: u32 = 14;
/// Pieces that one read gives at most.
const PIECES_PER_READ: usize = 8;

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) control: bool,
    /// Whether it has a slot among the lanes that the other side lets in.
    pub(super) admitted: bool,
    pub(super) has_writer: bool,
    pub(super) reading: Reading,
    pub(super) writer: Option<Waker>,
    pub(super) reader: Option<Waker>,
    /// Set when the writer has gone: what its reader finds behind the last piece.
    pub(super) broken: Option<LinkEnd>,
    pieces: VecDeque<Piece>,
    buffered: usize,
    /// Pieces that can still be read, once it is settled that no further one arrives.
    readable: Option<usize>,
    random: fastrand::Rng,
}

/// Whether the other side reads the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    NotYet,
    Now,
    NoMore,
}

#[derive(Debug)]
struct Piece {
    arrives: Instant,
    bytes: Bytes,
}

/// What a read found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Bytes,
    NothingBefore(Instant),
    Nothing,
}

impl Lane {
    pub(super) fn new(control: bool, random: fastrand::Rng) -> Self {
        Self {
            control,
            admitted: control,
            has_writer: true,
            reading: Reading::NotYet,
            writer: None,
            reader: None,
            broken: None,
            pieces: VecDeque::new(),
            buffered: 0,
            readable: None,
            random,
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.buffered < CAPACITY
    }

    pub(super) fn buffered(&self) -> usize {
        self.buffered
    }

    /// Moves as much of `batch` into the pipe as there is room for; returns how many bytes.
    pub(super) fn fill(
        &mut self,
        batch: &mut VecDeque<Bytes>,
        now: Instant,
        delay: Delay,
        counters: &Counters,
    ) -> usize {
        let before = self.buffered;
        while let Some(chunk) = batch.front_mut() {
            let room = CAPACITY - self.buffered;
            if room == 0 {
                break;
            }
            let magnitude = self.random.u32(0..=LARGEST_PIECE);
            let size = self.random.usize(1..=1 << magnitude).min(room);
            let bytes = if size < chunk.len() {
                counters.chunks_split.add(1);
                chunk.split_to(size)
            } else {
                batch.pop_front().unwrap_or_default()
            };
            if bytes.is_empty() {
                continue;
            }
            let travels = delay.draw(&mut self.random);
            counters.pieces_delayed.add(usize::from(!travels.is_zero()));
            // A stream: nothing overtakes what was written before it.
            let last = self.pieces.back().map_or(now, |piece| piece.arrives);
            self.buffered += bytes.len();
            self.pieces.push_back(Piece {
                arrives: last.max(now + travels),
                bytes,
            });
        }
        self.buffered - before
    }

    /// Appends some of what has arrived to `chunks`.
    pub(super) fn take(&mut self, now: Instant, chunks: &mut Vec<Bytes>) -> Found {
        match self.pieces.front() {
            _ if self.readable == Some(0) => return Found::Nothing,
            None => return Found::Nothing,
            Some(first) if first.arrives > now => return Found::NothingBefore(first.arrives),
            Some(_) => {}
        }
        for _ in 0..self.random.usize(1..=PIECES_PER_READ) {
            let arrived = |piece: &Piece| piece.arrives <= now;
            if self.readable == Some(0) || !self.pieces.front().is_some_and(arrived) {
                break;
            }
            if let Some(piece) = self.pieces.pop_front() {
                self.readable = self.readable.map(|left| left - 1);
                self.buffered -= piece.bytes.len();
                chunks.push(piece.bytes);
            }
        }
        Found::Bytes
    }

    /// When the other side learns of the lane: with its first byte, or its end.
    pub(super) fn appears(&self, now: Instant) -> Option<Instant> {
        let first = self.pieces.front().map(|piece| piece.arrives);
        first.or(self.broken.as_ref().map(|_| now))
    }

    /// Nothing is carried any more: a random prefix of what is on its way arrives now, the rest
    /// never. A writer who does not know yet fills the pipe and waits.
    pub(super) fn keep_a_prefix(&mut self, now: Instant, counters: &Counters) {
        let mut lost = self.random.usize(0..=self.buffered);
        counters.bytes_lost.add(lost);
        self.buffered -= lost;
        while let Some(last) = self.pieces.back_mut()
            && lost > 0
        {
            let cut = lost.min(last.bytes.len());
            last.bytes.truncate(last.bytes.len() - cut);
            lost -= cut;
            if last.bytes.is_empty() {
                self.pieces.pop_back();
            }
        }
        for piece in &mut self.pieces {
            piece.arrives = piece.arrives.min(now);
        }
        self.readable = Some(self.pieces.len());
    }

    /// Nobody will read what is on its way, or comes after it.
    pub(super) fn discard(&mut self, counters: &Counters) {
        counters.bytes_lost.add(self.buffered);
        self.pieces.clear();
        self.buffered = 0;
        self.readable = Some(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(seed: u64, len: usize) -> (Lane, Bytes, Counters) {
        let counters = Counters::default();
        let mut lane = Lane::new(false, fastrand::Rng::with_seed(seed));
        let bytes: Bytes = (0..len).map(|at| (at % 251) as u8).collect();
        let mut batch = VecDeque::from([bytes.clone()]);
        lane.fill(&mut batch, Instant::now(), Delay::default(), &counters);
        (lane, bytes, counters)
    }

    fn drained(lane: &mut Lane) -> Vec<u8> {
        let mut chunks = Vec::new();
        while lane.take(Instant::now(), &mut chunks) == Found::Bytes {}
        chunks.concat()
    }

    #[test]
    fn a_pipe_takes_no_more_than_its_capacity_and_gives_it_back_in_order() {
        for seed in 0..50 {
            let (mut lane, bytes, counters) = filled(seed, CAPACITY + 1000);
            assert_eq!(lane.buffered(), CAPACITY, "seed {seed}");
            assert!(!lane.has_room());
            assert!(drained(&mut lane) == bytes[..CAPACITY], "seed {seed}");
            assert!(lane.has_room());
            assert!(counters.read().chunks_split > 0, "seed {seed}");
        }
    }

    #[test]
    fn what_survives_an_end_is_a_prefix_and_everything_from_nothing_to_all() {
        let (mut all, mut none) = (false, false);
        for seed in 0..200 {
            let (mut lane, bytes, counters) = filled(seed, 5);
            lane.keep_a_prefix(Instant::now(), &counters);
            let kept = drained(&mut lane);
            assert!(bytes.starts_with(&kept), "seed {seed}: {kept:?}");
            assert_eq!(kept.len() as u64 + counters.read().bytes_lost, 5);
            all |= kept.len() == 5;
            none |= kept.is_empty();
        }
        assert!(all && none);
    }
}
