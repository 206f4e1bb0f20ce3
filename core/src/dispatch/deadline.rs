//! Until when a command is awaited.

use std::time::Duration;

use tokio::time::Instant;

use super::{Delivery, FromDelivery, Rejection};

/// Until when the sender of a command awaits its outcome (promise 11); an event has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// The instant; `None` for an event.
    pub fn instant(self) -> Option<Instant> {
        self.0
    }

    /// How long from now; zero if it has passed, `None` for an event.
    pub fn remaining(self) -> Option<Duration> {
        self.0
            .map(|at| at.saturating_duration_since(Instant::now()))
    }
}

impl FromDelivery for Deadline {
    fn from_delivery(delivery: &Delivery<'_>) -> Result<Self, Rejection> {
        Ok(Self(delivery.deadline()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_remains_shrinks_to_nothing_and_an_event_has_none() {
        let deadline = Deadline(Some(Instant::now() + Duration::from_secs(5)));
        assert_eq!(deadline.remaining(), Some(Duration::from_secs(5)));
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(deadline.remaining(), Some(Duration::from_secs(2)));
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(deadline.remaining(), Some(Duration::ZERO));
        assert_eq!(Deadline(None).remaining(), None);
    }
}
