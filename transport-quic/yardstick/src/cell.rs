//! What is measured, and against what.

use crate::Outcome;

/// Receivers of a fan-out.
pub(crate) const FAN: usize = 8;

/// One thing that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// How it is called where one is chosen.
    pub name: &'static str,
    pub(crate) kind: Kind,
    /// Bytes of an encoded message.
    pub len: usize,
    /// What the figures are.
    pub unit: &'static str,
    /// What raw QUIC does meanwhile, by its name in `quibus_quic::raw`.
    pub baseline: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One command after the other; the figure is the median time.
    Latency,
    /// So many commands at once.
    RoundTrips(u64),
    /// Events to one receiver.
    OneWay,
    /// Events to [`FAN`] receivers.
    FanOut,
    /// Links made, with a request on each, one after the other in several tasks.
    Handshakes(Handshake),
}

/// What kind of handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// Certificates of Ed25519, X25519.
    Usual,
    /// Certificates of P-256, X25519.
    P256,
    /// Certificates of Ed25519, X25519MLKEM768.
    PostQuantum,
}

const MICROSECONDS: &str = "µs, median";
const PER_SECOND: &str = "/s";

impl Cell {
    /// What is measured of the bus.
    pub const ALL: &[Self] = &[
        Self::new("rr1", Kind::Latency, 128, MICROSECONDS, "R-strm"),
        Self::new("rr64", Kind::RoundTrips(64), 128, PER_SECOND, "R-mux"),
        Self::new("rr1024", Kind::RoundTrips(1024), 128, PER_SECOND, "R-mux"),
        Self::new("oneway-128", Kind::OneWay, 128, PER_SECOND, "R-one"),
        Self::new("oneway-1k", Kind::OneWay, 1 << 10, PER_SECOND, "R-one"),
        Self::new("oneway-64k", Kind::OneWay, 64 << 10, PER_SECOND, "R-one"),
        Self::new("fanout-8", Kind::FanOut, 128, PER_SECOND, "R-fan"),
    ];

    /// What is measured of each provider of cryptography.
    pub const OF_PROVIDERS: &[Self] = &[
        Self::new(
            "handshake",
            Kind::Handshakes(Handshake::Usual),
            1,
            PER_SECOND,
            "",
        ),
        Self::new(
            "handshake-p256",
            Kind::Handshakes(Handshake::P256),
            1,
            PER_SECOND,
            "",
        ),
        Self::new(
            "handshake-pq",
            Kind::Handshakes(Handshake::PostQuantum),
            1,
            PER_SECOND,
            "",
        ),
        Self::new("rr1", Kind::Latency, 128, MICROSECONDS, ""),
        Self::new("rr64", Kind::RoundTrips(64), 128, PER_SECOND, ""),
        Self::new("rr1024", Kind::RoundTrips(1024), 128, PER_SECOND, ""),
        Self::new("oneway-128", Kind::OneWay, 128, PER_SECOND, ""),
        Self::new("oneway-1k", Kind::OneWay, 1 << 10, PER_SECOND, ""),
        Self::new("oneway-64k", Kind::OneWay, 64 << 10, PER_SECOND, ""),
        Self::new("fanout-8", Kind::FanOut, 128, PER_SECOND, ""),
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

    /// The one of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn named(name: &str, cells: &[Self]) -> Outcome<Self> {
        let known = cells.iter().find(|cell| cell.name == name);
        let names: Vec<_> = cells.iter().map(|cell| cell.name).collect();
        Ok(*known.ok_or_else(|| format!("no cell is called {name}; there are {names:?}"))?)
    }

    /// A figure of this cell, for people.
    pub fn show(self, figure: f64) -> String {
        match self.kind {
            Kind::Latency => format!("{figure:.1} µs"),
            Kind::Handshakes(_) => format!("{figure:.0} /s"),
            _ if figure >= 1e6 => format!("{:.2} M/s", figure / 1e6),
            _ => format!("{:.1} k/s", figure / 1e3),
        }
    }
}
