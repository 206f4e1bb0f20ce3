//! How often values fall into which range.

use std::sync::atomic::{AtomicU64, Ordering};

use metrics::HistogramFn;

/// Upper ends of the ranges, fit for seconds: from half a millisecond to what a send waits at most.
pub(crate) const ENDS: [f64; 16] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    60.0,
];

/// How often values fell into which range, and what they add up to.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    /// The last range has no end.
    counts: [AtomicU64; ENDS.len() + 1],
    /// The bits of an `f64`.
    sum: AtomicU64,
}

impl Histogram {
    /// How many values lie at or below each end, and how many there are.
    pub(crate) fn cumulative(&self) -> [u64; ENDS.len() + 1] {
        let mut below = 0;
        self.counts.each_ref().map(|count| {
            below += count.load(Ordering::Relaxed);
            below
        })
    }

    pub(crate) fn sum(&self) -> f64 {
        f64::from_bits(self.sum.load(Ordering::Relaxed))
    }
}

impl HistogramFn for Histogram {
    fn record(&self, value: f64) {
        let range = ENDS.partition_point(|end| *end < value);
        self.counts[range].fetch_add(1, Ordering::Relaxed);
        let add = |bits| Some((f64::from_bits(bits) + value).to_bits());
        // Never fails: the closure always has a next value.
        let _ = self
            .sum
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_from_the_first_end_that_it_does_not_exceed() {
        let histogram = Histogram::default();
        for value in [0.0, 0.0005, 0.0006, 7.0, 1e9] {
            histogram.record(value);
        }
        let counts = histogram.cumulative();
        assert_eq!(counts[..3], [2, 3, 3]);
        assert_eq!(counts[12..], [3, 4, 4, 4, 5]);
        assert!((histogram.sum() - (1e9 + 7.0011)).abs() < 1e-6);
    }
}
