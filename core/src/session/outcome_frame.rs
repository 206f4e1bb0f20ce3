//! The body of an outcome frame: which command it ends, and how.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::lane_id::LaneId;
use crate::wire::{Reader, WireError, put_varint, varint_len};

/// Splits an outcome's body: the lane and number of its command, and the status byte with what
/// follows.
pub(crate) fn read_outcome(mut body: Bytes) -> Result<(LaneId, u64, Bytes), WireError> {
    let mut reader = Reader::new(&body);
    let number = reader.varint("lane")?;
    let lane = LaneId::from_wire(number).ok_or(WireError::Meaningless {
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
