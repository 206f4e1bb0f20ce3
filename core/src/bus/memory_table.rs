//! The worst case of a process's memory, item by item (promise 20).

use std::fmt;

use super::inner::Inner;
use crate::dispatch::{CAPACITY, MOST_LOOSE, QUEUE_COST};
use crate::peers::{CONTROL_LIMIT, MAX_LANES, PEER_BYTES};
use crate::session::lane_bounds::{FRAME, LOOSE, PENDING, READ, TYPES, UNFINISHED, memory_of};
use crate::session::{LANE_SHARE, LaneId, UNSEQUENCED_ROOM};

/// What a process can be made to hold at the most, by those it knows and is linked to now.
///
/// A sum of bounds, each reached only by somebody who means harm; what is really held is far less.
/// Outside of it is what is yours: values in handlers that run or wait for a `send` (at most 1,024
/// a queue wait) and their replies, which are taken however full their sender's outcomes lane is by
/// then (no further command of that sender starts until it has room), values of this process's own
/// messages in its queues (10,000 a queue), and outcomes that came in bulk and of which some are not
/// awaited: each keeps its batch. So is what the program and its runtime take without any peer, and
/// what the directory, by whose word alone anybody is known, says of a peer beyond 2 KiB: its types
/// and keys, at most 768 KiB as they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryTable {
    /// The items that are summed up.
    pub items: Vec<MemoryItem>,
}

/// One item of a [`MemoryTable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryItem {
    /// What holds memory.
    pub what: &'static str,
    /// How many there are now.
    pub count: u64,
    /// Bytes that each can hold at the most.
    pub each: u64,
}

impl MemoryItem {
    /// Bytes of all of them.
    pub fn bytes(&self) -> u64 {
        self.count.saturating_mul(self.each)
    }
}

impl MemoryTable {
    /// What the item of the [`MemoryBudget`](super::MemoryBudget) is called; buses that share one
    /// hold it once.
    pub const BUDGET: &str = "the budget: logs, credit, windows";

    pub(super) fn of(bus: &Inner) -> Self {
        let tally = bus.peers.tally();
        let (queues, ..) = bus.dispatcher.held();
        let shared = bus.peers.shared();
        let ours = shared.lane_names.len() as u64 - LaneId::INFRASTRUCTURE.index() as u64;
        let theirs = LaneId::sequenced().count() as u64;
        let lanes = tally.peers * (ours + theirs);
        let item = |what, count, each| MemoryItem { what, count, each };
        let items = vec![
            item(Self::BUDGET, 1, memory_of(shared.budget.limit())),
            item(
                "lanes: what each has beforehand",
                lanes,
                memory_of(LANE_SHARE),
            ),
            item("lanes: a message that goes alone", lanes, memory_of(FRAME)),
            item(
                "lanes: parked by an ended session",
                tally.peers * theirs,
                memory_of(LANE_SHARE + FRAME),
            ),
            item(
                "lanes: batches that parked lie in",
                tally.peers * theirs,
                LOOSE,
            ),
            item(
                "lanes: sends in progress",
                tally.peers * (ours + 1),
                PENDING,
            ),
            item(
                "links: unfinished frames",
                tally.links * MAX_LANES as u64,
                UNFINISHED,
            ),
            item(
                "links: announced types",
                tally.links * MAX_LANES as u64,
                TYPES,
            ),
            item(
                "links: unsequenced lanes",
                tally.links * UNSEQUENCED_LANES,
                UNSEQUENCED,
            ),
            item("links: control frames", tally.links, CONTROL_LIMIT as u64),
            item(
                "links: windows beforehand",
                tally.links,
                bus.transport.link_bytes(),
            ),
            item(
                "queues",
                queues as u64,
                memory_of(3 * QUEUE_COST + FRAME)
                    + QUEUE_BATCHES
                    + (QUEUED + 2 * SET_ASIDE) * CAPACITY as u64,
            ),
            item("peers: what is known of each", tally.peers, PEER_BYTES),
        ];
        Self { items }
    }

    /// Bytes of all items.
    pub fn bytes(&self) -> u64 {
        let bytes = self.items.iter().map(MemoryItem::bytes);
        bytes.fold(0, u64::saturating_add)
    }
}

/// Unsequenced lanes of one link: those of commands, and that of outcomes.
const UNSEQUENCED_LANES: u64 = LaneId::MOST_UNSEQUENCED as u64 + 1;
/// Bytes of one of them: what waits, and what the transport writes.
const UNSEQUENCED: u64 = 2 * UNSEQUENCED_ROOM as u64;
/// Bytes that a queue keeps of batches, reads and the types of ended streams beyond the messages in it:
/// what came last, what is partly handled at its front and in hand.
const QUEUE_BATCHES: u64 = MOST_LOOSE + 3 * (READ + TYPES);
/// Bytes of one message in a queue, in a list twice as long as it need be.
const QUEUED: u64 = 2 * crate::dispatch::WORK_BYTES as u64;
/// The same of one that is set aside, at worst in a list and a map's node of its own. Of these there
/// are commands of one queue's worth at the most, and as much again that came behind them.
const SET_ASIDE: u64 = 6 * crate::dispatch::WORK_BYTES as u64;

/// As lines for people, in MiB.
impl fmt::Display for MemoryTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        for item in &self.items {
            let MemoryItem { what, count, each } = *item;
            let (each, all) = (mebibytes(each), mebibytes(item.bytes()));
            writeln!(
                f,
                "{what:34} {count:>7} × {each:>9.3} MiB = {all:>10.1} MiB"
            )?;
        }
        write!(
            f,
            "{:34} {:>34.1} MiB",
            "at the most",
            mebibytes(self.bytes())
        )
    }
}
