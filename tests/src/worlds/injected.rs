//! What relays have done to packets, over all of them.

use std::fmt;

use quibus_relay::{Counters, Direction};

/// What was really done to the traffic of a world of relays.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Injected {
    pub(super) links_cut: u64,
    lost: u64,
    cut: u64,
    delayed: u64,
    reordered: u64,
    duplicated: u64,
    corrupted: u64,
    addresses_changed: u64,
}

impl Injected {
    pub(super) fn add(&mut self, counters: &Counters) {
        self.addresses_changed += counters.addresses_changed;
        for direction in Direction::BOTH {
            let counts = counters.of(direction);
            self.lost += counts.lost;
            self.cut += counts.cut;
            self.delayed += counts.delayed;
            self.reordered += counts.reordered;
            self.duplicated += counts.duplicated;
            self.corrupted += counts.corrupted;
        }
    }
}

impl fmt::Display for Injected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            links_cut,
            lost,
            cut,
            delayed,
            reordered,
            duplicated,
            corrupted,
            addresses_changed,
        } = self;
        write!(
            f,
            "{links_cut} links cut, {addresses_changed} addresses changed; packets: {lost} lost, \
             {cut} swallowed, {delayed} delayed, {reordered} reordered, {duplicated} doubled, \
             {corrupted} corrupted"
        )
    }
}
