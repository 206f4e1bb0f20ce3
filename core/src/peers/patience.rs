//! How long somebody waits who may ask for any length.

use std::time::Duration;

use tokio::time::Instant;

/// How long somebody waits. Any [`Duration`] may be asked for, [`Duration::MAX`] too: no clock
/// reaches so far, and longer than 30 years is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience(Duration);

impl Patience {
    /// Further than any process runs, and what every clock can add.
    const FOREVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

    /// When it is over if it begins now.
    #[inline]
    pub(crate) fn deadline(self) -> Instant {
        Instant::now() + self.0
    }
}

impl From<Duration> for Patience {
    fn from(asked: Duration) -> Self {
        Self(asked.min(Self::FOREVER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_asked_for_is_waited_and_the_longest_time_is_decades_from_now() {
        let now = Instant::now();
        let asked = Duration::from_millis(1_500);
        assert_eq!(Patience::from(asked).deadline(), now + asked);
        let years = (Patience::from(Duration::MAX).deadline() - now).as_secs() / (365 * 24 * 3600);
        assert_eq!(years, 30);
    }
}
