//! What a process has measured of itself.

use quibus::bus::{Bus, MemoryItem, MemoryTable};
use serde::{Deserialize, Serialize};

/// What a child has measured of itself, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Measured {
    /// Its peak before there was any bus.
    pub(super) before: u64,
    /// Its peak at the end.
    pub(super) peak: u64,
    /// The worst case of all its buses, as they say.
    pub(super) bound: u64,
    /// Buses in it.
    pub(super) buses: u64,
    /// What else is worth a line.
    pub(super) notes: Vec<String>,
    /// What should not have happened.
    pub(super) problems: Vec<String>,
}

/// The worst case of several buses that share one budget.
pub(super) fn bound<'a>(buses: impl IntoIterator<Item = &'a Bus>) -> u64 {
    let tables: Vec<_> = buses.into_iter().map(Bus::memory).collect();
    let items = tables.iter().flat_map(|table| &table.items);
    let (budget, others): (Vec<&MemoryItem>, Vec<_>) =
        items.partition(|item| item.what == MemoryTable::BUDGET);
    let others: u64 = others.into_iter().map(MemoryItem::bytes).sum();
    others + budget.first().map_or(0, |item| item.bytes())
}
