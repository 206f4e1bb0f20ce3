//! What a process has measured of itself.

use std::fs;

use quibus::bus::{Bus, MemoryItem, MemoryTable};
use serde::{Deserialize, Serialize};

use super::super::claim::Untried;

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

/// The largest resident size that this process ever had, in bytes.
pub(super) fn peak() -> Result<u64, Untried> {
    let status = fs::read_to_string("/proc/self/status")
        .map_err(|error| format!("/proc/self/status, which only Linux has: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().strip_suffix("kB"));
    let kibibytes: u64 = number
        .ok_or("no VmHWM in /proc/self/status")?
        .trim()
        .parse()?;
    Ok(kibibytes << 10)
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
