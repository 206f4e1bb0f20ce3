//! What a lane can take of memory at the most, beside the cost that it counts.

use super::inbound;
use super::kind;
use super::log::LEAST_COST;
use super::log_entry::PackedEntry;
use super::parcel::{Item, PARCEL_BYTES};
use super::pending::Pending;
use super::received_types::{TABLE_BYTES, TYPE_BYTES};
use super::repack::TOGETHER;
use super::retained::BATCH;
use super::run::Run;

/// Bytes of bookkeeping for one message that is logged: its entry, in a list that may be twice as
/// long as what is in it.
const LOGGED: usize = 2 * size_of::<PackedEntry>();
/// The same for one that is parked: its item, its run, in a list that may be twice as long as need be,
/// its type, and its part of the parcel that it is put in with others. What is not put together keeps
/// no more than twice its cost, all of this included but the run.
const PARKED: usize = size_of::<Item>() + RUN + TYPE_BYTES + PACKED / TOGETHER_AT_LEAST;
const RUN: usize = 2 * size_of::<Run>();
/// A parcel of what was put together, with an only chunk as an entry of its list, and its types.
const PACKED: usize = PARCEL_BYTES + size_of::<bytes::Bytes>() + TABLE_BYTES;
/// Messages that are put together at the least, where they are the smallest.
const TOGETHER_AT_LEAST: usize = larger(1, (TOGETHER / 2 / LEAST_COST) as usize);

/// Bytes of memory for so much cost, at the most. What is logged takes twice that for bodies, and
/// bookkeeping; what is parked may keep as much again of what it came in, or has bytes, and a type
/// with a name, of its own; the bookkeeping is that for the smallest messages there are.
pub(crate) const fn memory_of(cost: u64) -> u64 {
    let each = 2 * LEAST_COST as usize + larger(LOGGED, RUN);
    let each = larger(each, LEAST_COST as usize + PARKED) as u64;
    cost.div_ceil(LEAST_COST) * each
}

/// Bytes that the types announced on one stream take, at the most.
pub(crate) const TYPES: u64 = (2 * kind::MAX_TYPES * (kind::MAX_TYPE_NAME + 64)) as u64;
/// Bytes that the sends in progress of one lane take, at the most.
pub(crate) const PENDING: u64 = Pending::MOST_BYTES as u64;
/// Bytes of a frame, and of a message that goes alone where there is no credit.
pub(crate) const FRAME: u64 = kind::MAX_FRAME as u64;
/// Bytes that a frame of which a part has come takes: its buffer grows by doubling.
pub(crate) const UNFINISHED: u64 = 2 * FRAME;
/// Batches that the chunks of one read may lie in: as many chunks as a transport hands over at once.
const BATCHES: u64 = 32;
/// Bytes that one read keeps: these, and a frame that was put together.
pub(crate) const READ: u64 = BATCHES * BATCH + UNFINISHED;
/// Bytes that a receiving half may keep of batches beyond what is parked in it, the last read among
/// them.
pub(crate) const LOOSE: u64 = inbound::MOST_LOOSE + BATCHES * BATCH;

const fn larger(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}
