//! What requests took, by the phase in which they began.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What goes on beside the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing.
    Calm,
    /// The receiver of a lane is frozen, and its sender goes on.
    Frozen,
    /// Bodies move, one after the other.
    Bodies,
}

pub(super) const PHASES: usize = 3;

/// What the requests of one kind took.
#[derive(Debug, Clone)]
pub(super) struct RoundTrips {
    phase: Arc<AtomicUsize>,
    taken: Arc<Mutex<[Vec<Duration>; PHASES]>>,
}

impl RoundTrips {
    /// Filed under the phase that this says.
    pub(super) fn new(phase: Arc<AtomicUsize>) -> Self {
        Self {
            phase,
            taken: Arc::default(),
        }
    }

    /// Times one request.
    pub(super) async fn time<T>(&self, request: impl Future<Output = T>) -> T {
        let phase = self.phase.load(Ordering::Relaxed);
        let begun = Instant::now();
        let answer = request.await;
        let took = begun.elapsed();
        // One that saw two phases says nothing of either.
        if phase == self.phase.load(Ordering::Relaxed) {
            self.lock()[phase].push(took);
        }
        answer
    }

    /// The median, the 99th percentile and the number of those of one phase.
    pub(super) fn figures(&self, phase: Phase) -> (Duration, Duration, usize) {
        let mut taken = self.lock()[phase as usize].clone();
        taken.sort_unstable();
        let at = |share: f64| {
            let place = (taken.len() as f64 * share) as usize;
            taken.get(place).copied().unwrap_or(Duration::MAX)
        };
        (at(0.5), at(0.99), taken.len())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, [Vec<Duration>; PHASES]> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_one_phase_and_of_nothing_there_is_none() {
        let trips = RoundTrips::new(Arc::default());
        trips.lock()[0] = (1..=1000).rev().map(Duration::from_micros).collect();
        let us = Duration::from_micros;
        assert_eq!(trips.figures(Phase::Calm), (us(501), us(991), 1000));
        assert_eq!(trips.figures(Phase::Frozen).1, Duration::MAX);
    }
}
