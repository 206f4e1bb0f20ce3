//! Allocations of the bus beside raw QUIC; see `README.md`.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

mod harness;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> std::process::ExitCode {
    harness::run(|| {
        let counted = ALLOCATOR.stats();
        Some((counted.allocations + counted.reallocations) as u64)
    })
}
