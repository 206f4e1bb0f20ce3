//! The body of an outcome frame: which command it ends, and how.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::lane_id::LaneId;
use crate::wire::{Reader, WireError, put_varint, varint_len};

/// Splits an outcome's body: the lane and number of its command, and the status byte with what
/// follows.
pub(crate) fn read_outcome(body: Bytes) -> Result<(LaneId, u64, Bytes), WireError> {
    read(body, LaneId::from_wire)
}

/// Splits the body of an unsequenced command's outcome: the command's number, and the status byte
/// with what follows. The lane says nothing: numbers are one row in all of them.
pub(crate) fn read_unsequenced_outcome(body: Bytes) -> Result<(u64, Bytes), WireError> {
    let (_, number, outcome) = read(body, LaneId::unsequenced_from_wire)?;
    if outcome.is_empty() {
        return Err(WireError::Truncated("an outcome"));
    }
    Ok((number, outcome))
}

fn read(
    mut body: Bytes,
    lane: impl FnOnce(u64) -> Option<LaneId>,
) -> Result<(LaneId, u64, Bytes), WireError> {
    let mut reader = Reader::new(&body);
    let number = reader.varint("lane")?;
    let lane = lane(number).ok_or(WireError::Meaningless {
        what: "lane",
        value: number,
    })?;
    let sequence = reader.varint("number")?;
    body.advance(body.len() - reader.remaining());
    Ok((lane, sequence, body))
}

/// Writes what stands before the status byte.
pub(crate) fn put_outcome_head(out: &mut BytesMut, lane: LaneId, sequence: u64, status: u8) {
    put_varint(out, u64::from(lane.0));
    put_varint(out, sequence);
    out.put_u8(status);
}

/// How many bytes [`put_outcome_head`] writes.
pub(crate) fn outcome_head_len(lane: LaneId, sequence: u64) -> usize {
    varint_len(u64::from(lane.0)) + varint_len(sequence) + 1
}
