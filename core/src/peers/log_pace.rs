//! How often something is logged that another process can bring about at will.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Between two lines.
const PAUSE: Duration = Duration::from_secs(1);

/// How often something is logged that another process can bring about at will: at most once a second,
/// with what has come since the last line. What comes within a second of that waits for what comes
/// later, and is never told of if nothing does: a number in the log that is to be right is in the
/// metrics as well, which count all at once.
#[derive(Debug, Default)]
pub(crate) struct LogPace(Mutex<Untold>);

#[derive(Debug, Default)]
struct Untold {
    count: u64,
    told: Option<Instant>,
}

impl LogPace {
    /// So many more have come. How many a line is to tell of, if it is time for one.
    pub(crate) fn tell(&self, more: u64) -> Option<u64> {
        let now = Instant::now();
        let mut untold = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        untold.count = untold.count.saturating_add(more);
        let told = untold.told;
        if told.is_some_and(|told| now.saturating_duration_since(told) < PAUSE) {
            return None;
        }
        untold.told = Some(now);
        Some(std::mem::take(&mut untold.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_is_told_at_once_and_the_others_with_what_comes_a_second_later() {
        let pace = LogPace::default();
        assert_eq!(pace.tell(3), Some(3));
        assert_eq!([pace.tell(4), pace.tell(5)], [None, None]);
        tokio::time::advance(PAUSE).await;
        assert_eq!(pace.tell(1), Some(10));
        assert_eq!(pace.tell(u64::MAX), None);
        tokio::time::advance(PAUSE).await;
        assert_eq!(pace.tell(1), Some(u64::MAX));
    }
}
