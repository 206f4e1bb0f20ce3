//! The counters of a process: memories (R1), dials (R2), links, bodies (R12).

use std::sync::atomic::{AtomicU64, Ordering};

use crate::session::LinkId;

/// The counters of a process, each from 1.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    memories: AtomicU64,
    dials: AtomicU64,
    links: AtomicU64,
    bodies: AtomicU64,
}

impl Numbers {
    /// R1: the number of a new memory of a peer.
    pub(crate) fn next_memory(&self) -> u64 {
        self.memories.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// R2: the number of a new dial.
    pub(crate) fn next_dial(&self) -> u64 {
        self.dials.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// How many dials have met somebody.
    pub(crate) fn dials(&self) -> u64 {
        self.dials.load(Ordering::Relaxed)
    }

    /// How many links there were.
    pub(crate) fn links(&self) -> u64 {
        self.links.load(Ordering::Relaxed)
    }

    pub(crate) fn next_link(&self) -> LinkId {
        LinkId(self.links.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// R12: how many bodies this process has owed, with a new one.
    pub(crate) fn next_body(&self) -> u64 {
        self.bodies.fetch_add(1, Ordering::Relaxed) + 1
    }
}
