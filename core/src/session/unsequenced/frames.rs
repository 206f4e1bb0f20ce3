//! Writing the frames of unsequenced lanes.

use bytes::{BufMut, Bytes, BytesMut};
use tokio::time::Instant;

use crate::session::kind;
use crate::session::lane_id::LaneId;
use crate::wire::{put_str, put_varint};

/// Bytes of a command's frame before its content, beside the name of its type, at most.
const HEAD: usize = 40;

/// The first frame of a stream.
pub(crate) fn opening(lane: LaneId, name: &str) -> Bytes {
    let mut frame = BytesMut::with_capacity(name.len() + 8);
    frame.put_u8(kind::UNSEQUENCED);
    put_varint(&mut frame, u64::from(lane.0));
    put_str(&mut frame, name);
    framed(&frame, 0, |_| true).unwrap_or_default()
}

/// A command's frame. `None`: `write` said no, or wrote another length than `body_len`.
pub(crate) fn command(
    number: u64,
    kind: u8,
    (name, codec): (&str, u8),
    deadline: u64,
    body_len: usize,
    write: impl FnOnce(&mut BytesMut) -> bool,
) -> Option<Bytes> {
    let mut head = BytesMut::with_capacity(name.len() + HEAD);
    head.put_u8(kind);
    put_varint(&mut head, number);
    put_str(&mut head, name);
    head.put_u8(codec);
    put_varint(&mut head, deadline);
    framed(&head, body_len, write)
}

/// An outcome's frame; `write` begins with the lane and number of its command.
pub(crate) fn outcome(body_len: usize, write: impl FnOnce(&mut BytesMut) -> bool) -> Option<Bytes> {
    framed(&[kind::UNSEQUENCED_OUTCOME], body_len, write)
}

/// A deadline on the clock of a link.
pub(crate) fn stamp(clock: Instant, deadline: Instant) -> u64 {
    deadline.saturating_duration_since(clock).as_millis() as u64
}

fn framed(
    head: &[u8],
    body_len: usize,
    write: impl FnOnce(&mut BytesMut) -> bool,
) -> Option<Bytes> {
    let len = head.len() + body_len;
    let mut frame = BytesMut::with_capacity(len + 4);
    put_varint(&mut frame, len as u64);
    frame.put_slice(head);
    let end = frame.len() + body_len;
    let written = write(&mut frame) && frame.len() == end;
    written.then(|| frame.freeze())
}
