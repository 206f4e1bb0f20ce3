//! The table, and its JSON form.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::cell::Cell;
use crate::sample::Sample;
use crate::settings::Side;

/// Everything that was measured.
#[derive(Debug, Default)]
pub struct Report {
    lines: Vec<Line>,
    /// Of the client and of the server, in bytes.
    pub peak_memory: [Option<u64>; 2],
}

/// The runs of one cell, in pairs.
#[derive(Debug)]
pub struct Line {
    /// What was measured.
    pub cell: Cell,
    raw: Vec<Sample>,
    bus: Vec<Sample>,
}

impl Report {
    pub(crate) fn add(&mut self, cell: Cell, side: Side, sample: Sample) {
        if self.lines.last().is_none_or(|line| line.cell != cell) {
            let (raw, bus) = (Vec::new(), Vec::new());
            self.lines.push(Line { cell, raw, bus });
        }
        if let Some(line) = self.lines.last_mut() {
            match side {
                Side::Raw => line.raw.push(sample),
                Side::Bus => line.bus.push(sample),
            }
        }
    }

    /// What was measured, cell by cell.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// As a table, or as JSON.
    pub fn render(&self, as_json: bool) -> String {
        if as_json {
            let cells: Vec<_> = self.lines.iter().map(Line::to_json).collect();
            let report = json!({ "cells": cells, "peak_memory_bytes": self.peak_memory });
            return format!("{report:#}\n");
        }
        let mut text = format!(
            "{:11} {:8} {:>11} {:>11} {:>20} {:>4}  {:>13} {:>13} {:>12}\n",
            "cell",
            "against",
            "raw",
            "bus",
            "ratio min/med/max",
            "runs",
            "wire B raw/bus",
            "CPU µs raw/bus",
            "allocations raw/bus",
        );
        for line in &self.lines {
            line.render(&mut text);
        }
        let mib = |bytes: Option<u64>| bytes.map_or("?".into(), |b| format!("{} MiB", b >> 20));
        let [client, server] = self.peak_memory.map(mib);
        let _ = writeln!(text, "peak memory: client {client}, server {server}");
        text
    }
}

impl Line {
    /// The median of raw QUIC, in the cell's unit.
    pub fn raw(&self) -> Option<f64> {
        median(self.raw.iter().map(|sample| sample.figure))
    }

    /// The median of the bus, in the cell's unit.
    pub fn bus(&self) -> Option<f64> {
        median(self.bus.iter().map(|sample| sample.figure))
    }

    /// Bus against raw, run by run, sorted. Above 1 is better but for times.
    pub fn ratios(&self) -> Vec<f64> {
        let pairs = self.bus.iter().zip(&self.raw);
        sorted(pairs.map(|(bus, raw)| bus.figure / raw.figure))
    }

    fn render(&self, text: &mut String) {
        let figure = |samples: &[Sample]| {
            let median = median(samples.iter().map(|sample| sample.figure));
            median.map_or("-".into(), |figure| self.cell.show(figure))
        };
        let ratios = self.ratios();
        let ratio = match (
            ratios.first(),
            median(ratios.iter().copied()),
            ratios.last(),
        ) {
            (Some(least), Some(median), Some(most)) => {
                format!("{least:.2} / {median:.2} / {most:.2}")
            }
            _ => "-".into(),
        };
        let both = |of: &dyn Fn(&Sample) -> Option<f64>, digits: usize| {
            [&self.raw, &self.bus]
                .map(|samples| match median(samples.iter().filter_map(of)) {
                    Some(value) => format!("{value:.digits$}"),
                    None => "-".into(),
                })
                .join(" / ")
        };
        let allocations = |at: usize| {
            move |sample: &Sample| sample.allocations.and_then(|both| both.get(at).copied())
        };
        let _ = writeln!(
            text,
            "{:11} {:8} {:>11} {:>11} {:>20} {:>4}  {:>13} {:>13}  client {} server {}",
            self.cell.name,
            self.cell.baseline,
            figure(&self.raw),
            figure(&self.bus),
            ratio,
            ratios.len(),
            both(&|sample| Some(sample.wire_bytes), 0),
            both(&|sample| sample.processor, 2),
            both(&allocations(0), 2),
            both(&allocations(1), 2),
        );
    }

    fn to_json(&self) -> Value {
        let side = |samples: &[Sample]| -> Vec<Value> {
            let one = |sample: &Sample| {
                json!({
                    "figure": sample.figure,
                    "messages": sample.messages,
                    "wire_bytes_per_message": sample.wire_bytes,
                    "processor_us_per_message": sample.processor,
                    "allocations_per_message_client_server": sample.allocations,
                })
            };
            samples.iter().map(one).collect()
        };
        let ratios = self.ratios();
        json!({
            "cell": self.cell.name,
            "against": self.cell.baseline,
            "unit": self.cell.unit,
            "message_bytes": self.cell.len,
            "ratio_min": ratios.first(),
            "ratio_median": median(ratios.iter().copied()),
            "ratio_max": ratios.last(),
            "raw": side(&self.raw),
            "bus": side(&self.bus),
        })
    }
}

pub(crate) fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values = sorted(values);
    values.get(values.len() / 2).copied()
}
