//! One cell: how much fits, then both sides in turn.

use std::fmt;
use std::time::Duration;

use super::bus_side::BusSide;
use super::cell::Cell;
use super::place::Place;
use super::raw_side::RawSide;
use super::series::{Series, median};
use super::{EVENT, LIMIT};
use crate::claims::Untried;

/// Events that the baseline writes at once; the least that is sent.
const BATCH: u64 = 64;
/// Most events of a transfer: 64 MiB.
const MOST: u64 = 65_536;

/// How thoroughly each cell is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Pairs of runs.
    pub runs: usize,
    /// What a transfer takes raw QUIC, about.
    pub transfer: Duration,
    /// Round trips of a run, of which the median counts.
    pub trips: usize,
}

/// The two sides, and the threads that they live on.
pub struct Race {
    from: Place,
    raw: RawSide,
    bus: BusSide,
    _to: Place,
}

/// What a cell has shown.
#[derive(Debug)]
pub struct Row {
    cell: Cell,
    events: u64,
    transfers: Series,
    trips: Series,
    /// Packets that the weather took from raw QUIC and from the bus.
    lost: [u64; 2],
}

impl Race {
    /// Links both sides under a clear sky.
    ///
    /// # Errors
    /// If that fails.
    pub fn start(seed: u64) -> Result<Self, Untried> {
        let (from, to) = (Place::new("sender")?, Place::new("receiver")?);
        let raw = RawSide::connect(&from, &to, seed)?;
        let bus = BusSide::start(&from, &to, seed)?;
        Ok(Self {
            from,
            raw,
            bus,
            _to: to,
        })
    }

    /// Measures one cell.
    ///
    /// # Errors
    /// If anything is lost, or takes longer than [`LIMIT`].
    pub fn run(&self, cell: Cell, plan: Plan) -> Result<Row, Untried> {
        self.raw.set_weather(cell.weather());
        self.bus.set_weather(cell.weather());
        let before = [self.raw.lost(), self.bus.lost()];
        let events = self.events_for(plan.transfer)?;
        // QUIC finds its window.
        self.bus.transfer(&self.from, events)?;
        let (mut transfers, mut trips) = (Series::default(), Series::default());
        for run in 0..plan.runs {
            // Who is first changes: the second finds the caches of the first.
            let raw_first = run % 2 == 0;
            let (raw, bus) = in_turn(
                raw_first,
                || self.raw.transfer(&self.from, events),
                || self.bus.transfer(&self.from, events),
            )?;
            transfers.add(raw, bus);
            let (raw, bus) = in_turn(
                raw_first,
                || times(plan.trips, || self.raw.round_trip(&self.from)),
                || times(plan.trips, || self.bus.round_trip(&self.from)),
            )?;
            trips.add(raw, bus);
        }
        let lost = [self.raw.lost() - before[0], self.bus.lost() - before[1]];
        Ok(Row {
            cell,
            events,
            transfers,
            trips,
            lost,
        })
    }

    /// How many events raw QUIC sends in this time, once it has found its window.
    fn events_for(&self, time: Duration) -> Result<u64, Untried> {
        let mut events = BATCH;
        loop {
            let took = self.raw.transfer(&self.from, events)?;
            if took >= time / 2 || events >= MOST {
                return Ok(scaled(events, took, time));
            }
            events = (events * 2).min(MOST);
        }
    }
}

/// Whole batches, as many as take `time` if so many take `took`.
fn scaled(events: u64, took: Duration, time: Duration) -> u64 {
    let fitting = events as f64 * time.as_secs_f64() / took.as_secs_f64().max(1e-9);
    let batches = (fitting / BATCH as f64) as u64;
    (batches * BATCH).clamp(BATCH, MOST)
}

fn in_turn<T>(
    raw_first: bool,
    raw: impl FnOnce() -> Result<T, Untried>,
    bus: impl FnOnce() -> Result<T, Untried>,
) -> Result<(T, T), Untried> {
    let raw = || raw().map_err(|e| Untried::from(format!("raw QUIC: {e}")));
    let bus = || bus().map_err(|e| Untried::from(format!("the bus: {e}")));
    if raw_first {
        let raw = raw()?;
        return Ok((raw, bus()?));
    }
    let bus = bus()?;
    Ok((raw()?, bus))
}

fn times(
    count: usize,
    mut trip: impl FnMut() -> Result<Duration, Untried>,
) -> Result<Duration, Untried> {
    let times: Result<Vec<_>, _> = (0..count).map(|_| trip()).collect();
    Ok(median(times?.into_iter()).unwrap_or(LIMIT))
}

impl Row {
    /// What stands above the rows.
    pub const HEAD: &str = "loss  delay | events   raw MB/s  bus MB/s  ratio min/med/max  |   raw ms   bus ms  ratio min/med/max  | lost raw/bus";

    /// How fast the bus was, beside raw QUIC.
    pub fn rate_ratio(&self) -> f64 {
        self.transfers.ratios().of_rates().median()
    }

    /// How late the bus was, beside raw QUIC.
    pub fn time_ratio(&self) -> f64 {
        self.trips.ratios().median()
    }

    /// Whether the weather was as it should be: where packets are to be lost, some were.
    pub fn is_weathered(&self) -> bool {
        self.cell.loss == 0 || self.lost.iter().all(|lost| *lost > 0)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |time: Duration| self.events as f64 * EVENT as f64 / time.as_secs_f64() / 1e6;
        let [raw, bus] = self.transfers.medians().map(rate);
        let [raw_trip, bus_trip] = self.trips.medians().map(|time| time.as_secs_f64() * 1e3);
        write!(
            f,
            "{} | {:>6} {raw:>10.3} {bus:>9.3}  {:<18} | {raw_trip:>8.2} {bus_trip:>8.2}  {:<18} | {} / {}",
            self.cell,
            self.events,
            self.transfers.ratios().of_rates().to_string(),
            self.trips.ratios().to_string(),
            self.lost[0],
            self.lost[1],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_is_whole_batches_and_neither_nothing_nor_without_end() {
        let second = Duration::from_secs(1);
        assert_eq!(scaled(640, second, second), 640);
        assert_eq!(scaled(640, second * 2, second), 320);
        assert_eq!(scaled(64, second * 9, second), BATCH);
        assert_eq!(scaled(MOST, second / 9, second), MOST);
    }

    #[test]
    fn a_cell_whose_loss_took_nothing_was_not_measured() {
        let row = |loss, lost| Row {
            cell: Cell { loss, delay: 1 },
            events: 64,
            transfers: Series::default(),
            trips: Series::default(),
            lost,
        };
        assert!(row(0, [0, 0]).is_weathered() && row(1, [1, 1]).is_weathered());
        assert!(!row(1, [1, 0]).is_weathered());
    }
}
