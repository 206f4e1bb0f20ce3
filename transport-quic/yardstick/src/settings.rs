//! How it is measured.

use std::time::Duration;

use crate::Outcome;
use crate::cell::Cell;

/// How it is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Runs of each side of each cell.
    pub runs: usize,
    /// Time of one run.
    pub time: Duration,
    /// What is measured.
    pub cells: Vec<Cell>,
    /// One side alone, for a profiler.
    pub only: Option<Side>,
    /// Which threads each process has.
    pub layout: Layout,
    /// Whether the raw side's receivers decode the events that they get, as the bus's do.
    pub decode: bool,
}

/// Which side of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// QUIC without a bus.
    Raw,
    /// The bus.
    Bus,
}

/// Which threads a process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One for everything.
    One,
    /// One for the bus with its transport, and two for who publishes, sends and handles. Raw QUIC
    /// stays on one.
    Split,
}

impl Layout {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Split => "split",
        }
    }

    /// The one that a word means.
    ///
    /// # Errors
    /// If it means none.
    pub fn named(name: &str) -> Outcome<Self> {
        match name {
            "one" => Ok(Self::One),
            "split" => Ok(Self::Split),
            other => Err(format!("{other} is no layout; there are one and split").into()),
        }
    }
}
