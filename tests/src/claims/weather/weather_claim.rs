//! The claim: cell by cell, the table, the verdict.

use std::time::{Duration, Instant};

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::super::seed::seed;
use super::cell::Cell;
use super::race::{Plan, Race, Row};

/// The claim that the bus loses nothing under any weather, with its speed beside raw QUIC's.
pub struct WeatherClaim;

const SHORT: Plan = Plan {
    runs: 3,
    transfer: Duration::from_secs(1),
    trips: 5,
};
const LONG: Plan = Plan {
    runs: 5,
    transfer: Duration::from_secs(2),
    trips: 11,
};

impl Claim for WeatherClaim {
    fn name(&self) -> &'static str {
        "weather"
    }

    fn summary(&self) -> &'static str {
        "loss and delay lose nothing of what the bus takes; its speed stands beside raw QUIC's (minutes)"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        let begun = Instant::now();
        let (cells, plan) = match options.long {
            true => (Cell::all(), LONG),
            false => (Cell::some(), SHORT),
        };
        let seed = seed(self.name(), options)?;
        println!(
            "events of 1 KiB one way; one command of 128 B after the other; delay is each way"
        );
        println!("{}", Row::HEAD);
        let (mut rows, mut wrong) = (Vec::new(), 0);
        for cell in &cells {
            // New links for each: what one weather has taught QUIC is not to help in the next.
            let row = Race::start(seed)?.run(*cell, plan);
            match row {
                Ok(row) if row.is_weathered() => {
                    println!("{row}");
                    rows.push(row);
                }
                Ok(row) => {
                    println!("{row}  WRONG: the weather took nothing");
                    wrong += 1;
                }
                Err(error) => {
                    println!("{cell} | WRONG: {error}");
                    wrong += 1;
                }
            }
        }
        Ok(verdict(&rows, wrong, begun.elapsed()))
    }
}

fn verdict(rows: &[Row], wrong: usize, took: Duration) -> Verdict {
    let range = |of: fn(&Row) -> f64| {
        let values = rows.iter().map(of);
        let least = values.clone().fold(f64::INFINITY, f64::min);
        format!("{least:.2} to {:.2}", values.fold(0.0, f64::max))
    };
    let figure = format!(
        "nothing lost in {} of {} cells; rate {} of raw QUIC's, round trip {} times (medians), in {:.0} s",
        rows.len(),
        rows.len() + wrong,
        range(Row::rate_ratio),
        range(Row::time_ratio),
        took.as_secs_f64()
    );
    Verdict {
        holds: wrong == 0 && !rows.is_empty(),
        figure,
    }
}
