//! The same cells with one provider of cryptography after the other.

use std::fmt::Write;
use std::time::Duration;

use quibus_quic::Provider;
use serde_json::{Value, json};

use crate::cell::{Cell, Kind};
use crate::client::{Client, WARMING};
use crate::report::{median, sorted};
use crate::server_program::ServerProgram;
use crate::settings::{Layout, Settings, Side};
use crate::{Outcome, identity};

/// Measures every provider of this build that the processor suits, run by run in turn.
///
/// # Errors
/// As [`measure`](crate::measure).
pub async fn race(settings: &Settings, server: &ServerProgram) -> Outcome<Race> {
    let folder = tempfile::tempdir()?;
    identity::issue(folder.path())?;
    let mut clients = Vec::new();
    for provider in Provider::ALL.iter().filter(|p| p.is_supported()) {
        let client = Client::start(folder.path(), *provider, Layout::One, server, || None);
        let client = client.await?;
        clients.push((*provider, client));
    }
    let mut race = Race {
        providers: clients.iter().map(|(provider, _)| *provider).collect(),
        lines: Vec::new(),
    };
    for cell in &settings.cells {
        let mut figures = vec![Vec::new(); clients.len()];
        for run in 0..=settings.runs {
            // The first run is not counted: QUIC finds its packet size and its window.
            let time = if run == 0 {
                WARMING.min(settings.time)
            } else {
                settings.time
            };
            for at in 0..clients.len() {
                // Who is first changes, as in a pair.
                let at = (at + run) % clients.len();
                let figure = measure(&clients[at].1, *cell, time).await?;
                figures[at].extend(figure.filter(|_| run > 0));
            }
        }
        race.lines.push((*cell, figures));
    }
    Ok(race)
}

/// `None` where the provider has no such thing.
async fn measure(client: &Client, cell: Cell, time: Duration) -> Outcome<Option<f64>> {
    let side = match cell.kind {
        Kind::Handshakes(handshake) if !client.makes(handshake) => return Ok(None),
        Kind::Handshakes(_) => Side::Raw,
        _ => Side::Bus,
    };
    Ok(Some(client.measure(cell, side, time).await?.figure))
}

/// Who was how fast at what.
pub struct Race {
    providers: Vec<Provider>,
    /// For each cell the figures of each provider, run by run.
    lines: Vec<(Cell, Vec<Vec<f64>>)>,
}

impl Race {
    /// The last provider is what the others are compared with: ring, where it is built in.
    pub fn render(&self, as_json: bool) -> String {
        if as_json {
            let cells: Vec<_> = self.lines.iter().map(|line| self.to_json(line)).collect();
            return format!("{:#}\n", json!({ "cells": cells }));
        }
        let Some((reference, others)) = self.providers.split_last() else {
            return "no provider suits this processor\n".into();
        };
        let mut text = format!("{:15} {:>12}", "cell", reference.name());
        for other in others {
            let against = format!("against {reference} min/med/max");
            let _ = write!(text, " {:>12} {against:>32}", other.name());
        }
        text.push('\n');
        for (cell, figures) in &self.lines {
            let _ = write!(
                text,
                "{:15} {:>12}",
                cell.name,
                figure(*cell, figures.last())
            );
            for own in figures.iter().take(others.len()) {
                let ratio = figures.last().map(|other| speed(*cell, own, other));
                let ratio = match ratio.as_deref() {
                    Some([least, .., most] | [least @ most]) => {
                        let median = median(ratio.iter().flatten().copied()).unwrap_or(*least);
                        format!("{least:.2} / {median:.2} / {most:.2}")
                    }
                    _ => "-".into(),
                };
                let _ = write!(text, " {:>12} {ratio:>32}", figure(*cell, Some(own)));
            }
            text.push('\n');
        }
        text
    }

    fn to_json(&self, (cell, figures): &(Cell, Vec<Vec<f64>>)) -> Value {
        let of_each = self.providers.iter().zip(figures);
        let figures: serde_json::Map<_, _> = of_each
            .map(|(provider, figures)| (provider.name().to_owned(), json!(figures)))
            .collect();
        json!({ "cell": cell.name, "unit": cell.unit, "figures": figures })
    }
}

/// How much faster one is than the other, run by run, sorted; above 1 is better.
fn speed(cell: Cell, own: &[f64], other: &[f64]) -> Vec<f64> {
    let pairs = own.iter().zip(other);
    sorted(pairs.map(|(own, other)| match cell.kind {
        Kind::Latency => other / own,
        _ => own / other,
    }))
}

fn figure(cell: Cell, runs: Option<&Vec<f64>>) -> String {
    let median = runs.and_then(|runs| median(runs.iter().copied()));
    median.map_or("-".into(), |figure| cell.show(figure))
}
