//! Writing frames into one lane's stream on one link: heads, announcements, skips.
//!
//! A head is written per transmission: the number of a type belongs to the stream, the deadline
//! counts on the link's clock.

use bytes::{BufMut, BytesMut};
use tokio::time::Instant;

use super::frame_head::FrameHead;
use super::kind;
use super::lane_id::LaneId;
use super::log_entry::Entry;
use crate::wire::{put_str, put_varint, varint_len};

/// A message type as it is announced: its name and the codec of its payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WireType {
    /// `namespace.Name`.
    pub name: &'static str,
    /// The codec's number.
    pub codec: u8,
}

/// What a stream has already been told, and the clock of its link.
#[derive(Debug, Clone)]
pub(crate) struct LaneWriter {
    /// When this side's Hello was sent on the link; deadlines travel as milliseconds since.
    clock: Instant,
    /// The number of each type on this stream plus one, by the lane's own index; 0: not yet.
    pub(super) announced: Vec<u32>,
    count: u32,
}

impl LaneWriter {
    pub(crate) fn new(clock: Instant) -> Self {
        Self {
            clock,
            announced: Vec::new(),
            count: 0,
        }
    }

    /// The stream's first frame.
    pub(crate) fn put_open(out: &mut BytesMut, lane: LaneId, name: &str, first: u64) {
        let lane = u64::from(lane.0);
        let name_len = name.len();
        let len = 1 + varint_len(lane) + varint_len(name_len as u64) + name_len + varint_len(first);
        put_varint(out, len as u64);
        out.put_u8(kind::OPEN);
        put_varint(out, lane);
        put_str(out, name);
        put_varint(out, first);
    }

    /// Announces the type if this stream has not heard of it.
    pub(crate) fn announce(&mut self, out: &mut BytesMut, types: &[WireType], index: u32) {
        if self.has_announced(index) {
            return;
        }
        let at = index as usize;
        let Some(wire_type) = types.get(at) else {
            return;
        };
        self.announced.resize(self.announced.len().max(at + 1), 0);
        let number = u64::from(self.count);
        self.count += 1;
        self.announced[at] = self.count;
        let name_len = wire_type.name.len();
        let len = 1 + varint_len(number) + 1 + varint_len(name_len as u64) + name_len;
        put_varint(out, len as u64);
        out.put_u8(kind::ANNOUNCE);
        put_varint(out, number);
        out.put_u8(wire_type.codec);
        put_str(out, wire_type.name);
    }

    /// Writes everything of a frame that stands before its body. The type must be announced. A
    /// command without a deadline travels with the largest stamp: it is never too late.
    ///
    /// Inlined, because who calls it knows the kind: most of it is gone then.
    #[inline(always)]
    pub(crate) fn put_head(
        &self,
        out: &mut BytesMut,
        kind: u8,
        type_index: u32,
        deadline: Option<Instant>,
        body_len: usize,
    ) {
        let plain = kind::plain(kind);
        let stamp =
            (plain == kind::COMMAND).then(|| deadline.map_or(u64::MAX, |at| self.stamp(at)));
        let mut behind = FrameHead::default();
        behind.push(kind);
        if plain != kind::OUTCOME {
            let announced = self.announced.get(type_index as usize);
            let number = announced.map_or(0, |after| after.saturating_sub(1));
            behind.push_varint(number);
        }
        let len = behind.len() + stamp.map_or(0, varint_len) + body_len;
        behind.after_len(len).put(out);
        if let Some(stamp) = stamp {
            put_varint(out, stamp);
        }
    }

    /// Whether this stream has been told what the type's number stands for.
    #[inline]
    pub(super) fn has_announced(&self, index: u32) -> bool {
        self.announced
            .get(index as usize)
            .is_some_and(|number| *number > 0)
    }

    /// Writes a frame that stands for `count` numbers whose messages never come.
    pub(crate) fn put_skip(out: &mut BytesMut, count: u64) {
        put_number_frame(out, kind::SKIP, count);
    }

    /// Writes how many events a slow receiver has missed at this place.
    pub(crate) fn put_missed(out: &mut BytesMut, count: u64) {
        put_number_frame(out, kind::MISSED, count);
    }

    fn stamp(&self, deadline: Instant) -> u64 {
        deadline.saturating_duration_since(self.clock).as_millis() as u64
    }
}

/// Whether the entry's frame names a type.
pub(crate) fn is_typed(entry: &Entry) -> bool {
    kind::plain(entry.kind) != kind::OUTCOME
}

fn put_number_frame(out: &mut BytesMut, kind: u8, number: u64) {
    put_varint(out, 1 + varint_len(number) as u64);
    out.put_u8(kind);
    put_varint(out, number);
}
