//! When everything that is owed has arrived.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::progress::Progress;

/// All deliveries to all subscribers, counted as they come.
#[derive(Debug)]
pub struct Arrivals {
    owed: u64,
    arrived: AtomicU64,
    news: Notify,
    progress: Progress,
}

impl Arrivals {
    /// None so far of so many that are owed.
    pub fn new(owed: u64, progress: Progress) -> Self {
        Self {
            owed,
            arrived: AtomicU64::new(0),
            news: Notify::new(),
            progress,
        }
    }

    /// One more.
    pub fn count(&self) {
        self.arrived.fetch_add(1, Ordering::AcqRel);
        self.progress.advance(1);
        self.news.notify_one();
    }

    /// Waits until as many have arrived as are owed, or none has for so long; whether they have.
    pub async fn all(&self, patience: Duration) -> bool {
        while self.arrived.load(Ordering::Acquire) < self.owed {
            if timeout(patience, self.news.notified()).await.is_err() {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn arrivals(owed: u64) -> Arrivals {
        Arrivals::new(owed, Progress::new(owed, false))
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_ends_with_the_last_arrival_that_is_owed() {
        let arrivals = arrivals(2);
        arrivals.count();
        let waiting = arrivals.all(PATIENCE);
        let (all, ()) = tokio::join!(waiting, async { arrivals.count() });
        assert!(all);
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_is_given_up_when_nothing_comes_any_more() {
        let arrivals = arrivals(2);
        arrivals.count();
        assert!(!arrivals.all(PATIENCE).await);
    }
}
