//! Figures of one cell, in pairs.

use std::fmt;
use std::time::Duration;

/// Times of the two sides, run by run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Series {
    pairs: Vec<[Duration; 2]>,
}

impl Series {
    /// A run of each side.
    pub fn add(&mut self, raw: Duration, bus: Duration) {
        self.pairs.push([raw, bus]);
    }

    /// The median time of raw QUIC and of the bus.
    pub fn medians(&self) -> [Duration; 2] {
        [0, 1].map(|side| median(self.pairs.iter().map(|pair| pair[side])).unwrap_or_default())
    }

    /// How many times as long the bus took, within each pair: least, median, most.
    pub fn ratios(&self) -> Ratios {
        let mut ratios: Vec<_> = self
            .pairs
            .iter()
            .map(|[raw, bus]| bus.as_secs_f64() / raw.as_secs_f64().max(1e-9))
            .collect();
        ratios.sort_by(f64::total_cmp);
        let at = |at: usize| ratios.get(at).copied().unwrap_or(f64::NAN);
        Ratios {
            least: at(0),
            median: at(ratios.len() / 2),
            most: at(ratios.len().saturating_sub(1)),
        }
    }
}

/// Ratios of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratios {
    least: f64,
    median: f64,
    most: f64,
}

impl Ratios {
    /// Those of the rates, which are one by those of the times.
    pub fn of_rates(self) -> Self {
        Self {
            least: 1.0 / self.most,
            median: 1.0 / self.median,
            most: 1.0 / self.least,
        }
    }

    /// The median.
    pub fn median(self) -> f64 {
        self.median
    }
}

impl fmt::Display for Ratios {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.2} / {:.2} / {:.2}",
            self.least, self.median, self.most
        )
    }
}

/// The median; of an even number, the upper one.
pub fn median(times: impl Iterator<Item = Duration>) -> Option<Duration> {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_taken_within_each_pair_and_turned_over_for_rates() {
        let mut series = Series::default();
        for (raw, bus) in [(10, 20), (100, 100), (1000, 500)] {
            series.add(Duration::from_millis(raw), Duration::from_millis(bus));
        }
        assert_eq!(series.medians(), [100, 100].map(Duration::from_millis));
        assert_eq!(series.ratios().to_string(), "0.50 / 1.00 / 2.00");
        series.add(Duration::from_millis(10), Duration::from_millis(40));
        assert_eq!(series.ratios().to_string(), "0.50 / 2.00 / 4.00");
        assert_eq!(series.ratios().of_rates().to_string(), "0.25 / 0.50 / 2.00");
    }
}
