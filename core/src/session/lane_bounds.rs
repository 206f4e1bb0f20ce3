//! What a lane can take of memory at the most, beside the cost that it counts.

use super::kind;
use super::log::LEAST_COST;
use super::log_entry::PackedEntry;
use super::parcel::Item;
use super::pending::Pending;

/// Bytes of bookkeeping for one message that is logged or parked: its entry, in a list that may be
/// twice as long as what is in it.
const BOOKKEEPING: u64 = 2 * larger(size_of::<PackedEntry>(), size_of::<Item>()) as u64;

/// Bytes of memory for so much cost, at the most: bodies as large as their cost, bookkeeping for
/// the smallest messages there are, and on receipt as much again of heads and announcements.
pub(crate) fn memory_of(cost: u64) -> u64 {
    2 * cost + cost.div_ceil(LEAST_COST) * BOOKKEEPING
}

/// Bytes that the types announced on one stream take, at the most.
pub(crate) const TYPES: u64 = (2 * kind::MAX_TYPES * (kind::MAX_TYPE_NAME + 64)) as u64;
/// Bytes that the sends in progress of one lane take, at the most.
pub(crate) const PENDING: u64 = Pending::MOST_BYTES as u64;
/// Bytes of a frame, and of a message that goes alone where there is no credit.
pub(crate) const FRAME: u64 = kind::MAX_FRAME as u64;

const fn larger(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}
