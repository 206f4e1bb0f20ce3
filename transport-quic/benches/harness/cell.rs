//! What is measured, and against what.

use super::Outcome;

/// Receivers of a fan-out.
pub(super) const FAN: usize = 8;

/// One thing that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Bytes of an encoded message.
    pub(super) len: usize,
    /// What the figures are.
    pub(super) unit: &'static str,
    pub(super) baseline: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One command after the other; the figure is the median time.
    Latency,
    /// So many commands at once.
    RoundTrips(u64),
    /// Events to one receiver.
    OneWay,
    /// Events to [`FAN`] receivers.
    FanOut,
}

const MICROSECONDS: &str = "µs, median";
const PER_SECOND: &str = "/s";

impl Cell {
    pub(super) const ALL: &[Self] = &[
        Self::new("rr1", Kind::Latency, 128, MICROSECONDS, "R-strm"),
        Self::new("rr64", Kind::RoundTrips(64), 128, PER_SECOND, "R-mux"),
        Self::new("rr1024", Kind::RoundTrips(1024), 128, PER_SECOND, "R-mux"),
        Self::new("oneway-128", Kind::OneWay, 128, PER_SECOND, "R-one"),
        Self::new("oneway-1k", Kind::OneWay, 1 << 10, PER_SECOND, "R-one"),
        Self::new("oneway-64k", Kind::OneWay, 64 << 10, PER_SECOND, "R-one"),
        Self::new("fanout-8", Kind::FanOut, 128, PER_SECOND, "R-fan"),
    ];

    const fn new(
        name: &'static str,
        kind: Kind,
        len: usize,
        unit: &'static str,
        baseline: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            len,
            unit,
            baseline,
        }
    }

    pub(super) fn named(name: &str) -> Outcome<Self> {
        let known = Self::ALL.iter().find(|cell| cell.name == name);
        let names: Vec<_> = Self::ALL.iter().map(|cell| cell.name).collect();
        Ok(*known.ok_or_else(|| format!("no cell is called {name}; there are {names:?}"))?)
    }
}
