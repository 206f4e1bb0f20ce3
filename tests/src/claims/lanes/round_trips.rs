//! What requests took, by what went on beside them.
//!
//! Each of these senders has one request in progress, so while one is stuck it sends no other, and
//! in ten seconds of standing still there would be one slow request among thousands. So what takes
//! long counts as often as requests would have begun meanwhile that the sender did not send.

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
    /// Between the end of one and the begin of the next.
    pause: Duration,
    taken: Arc<Mutex<[Vec<Duration>; PHASES]>>,
}

impl RoundTrips {
    /// With so much time between them, filed under the phase that this says.
    pub(super) fn new(phase: Arc<AtomicUsize>, pause: Duration) -> Self {
        Self {
            phase,
            pause,
            taken: Arc::default(),
        }
    }

    /// Times one request.
    pub(super) async fn time<T>(&self, request: impl Future<Output = T>) -> T {
        let phase = self.phase.load(Ordering::Relaxed);
        let begun = Instant::now();
        let answer = request.await;
        let took = begun.elapsed();
        // One that saw two phases belongs to that in which something went on: what held it up.
        let phase = phase.max(self.phase.load(Ordering::Relaxed));
        self.lock()[phase].push(took);
        answer
    }

    /// Waits until the next may begin.
    pub(super) async fn pause(&self) {
        if !self.pause.is_zero() {
            tokio::time::sleep(self.pause).await;
        }
    }

    /// The median of those of one phase, the 99th percentile as a sender would have seen it that
    /// waits for nothing, and their number.
    pub(super) fn figures(&self, phase: Phase) -> (Duration, Duration, usize) {
        let mut taken = self.lock()[phase as usize].clone();
        taken.sort_unstable();
        let Some(median) = taken.get(taken.len() / 2).copied() else {
            return (Duration::MAX, Duration::MAX, 0);
        };
        (median, percentile(&taken, median + self.pause), taken.len())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, [Vec<Duration>; PHASES]> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The 99th percentile of these and of those that would have begun, one `every` so often, while one
/// of them was in progress, and have ended with it.
fn percentile(taken: &[Duration], every: Duration) -> Duration {
    let every = every.max(Duration::from_micros(1));
    let unsent = |took: &Duration| {
        let next = move |left: &Duration| left.checked_sub(every).filter(|left| *left > every);
        std::iter::successors(Some(*took), next)
    };
    let mut all: Vec<Duration> = taken.iter().flat_map(unsent).collect();
    all.sort_unstable();
    all.get(all.len() * 99 / 100).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_one_phase_and_of_nothing_there_is_none() {
        let trips = RoundTrips::new(Arc::default(), Duration::ZERO);
        trips.lock()[0] = (1_000..2_000).rev().map(Duration::from_micros).collect();
        let us = Duration::from_micros;
        assert_eq!(trips.figures(Phase::Calm), (us(1_500), us(1_990), 1000));
        assert_eq!(trips.figures(Phase::Frozen).1, Duration::MAX);
    }

    /// One request of a thousand took the half of all time.
    #[test]
    fn a_sender_that_stood_still_once_is_seen() {
        let mut taken = vec![Duration::from_millis(1); 999];
        taken.push(Duration::from_secs(1));
        let trips = RoundTrips::new(Arc::default(), Duration::ZERO);
        trips.lock()[Phase::Frozen as usize] = taken;
        let (median, high, count) = trips.figures(Phase::Frozen);
        assert_eq!((median, count), (Duration::from_millis(1), 1000));
        assert!(high > Duration::from_millis(970), "{high:?}");
    }

    #[tokio::test]
    async fn what_a_phase_holds_up_belongs_to_it_however_early_it_began() {
        let phase = Arc::new(AtomicUsize::new(Phase::Calm as usize));
        let trips = RoundTrips::new(phase.clone(), Duration::ZERO);
        trips
            .time(async { phase.store(Phase::Frozen as usize, Ordering::Relaxed) })
            .await;
        trips
            .time(async { phase.store(Phase::Calm as usize, Ordering::Relaxed) })
            .await;
        let [calm, frozen, _] = &*trips.lock();
        assert_eq!((calm.len(), frozen.len()), (0, 2));
    }
}
