//! The time that the numbers of peers are made of.

use quibus::Incarnation;
use tokio::time::Instant;

use super::now_ms;

/// The time in milliseconds since 1970 as the machine says, but no earlier than the number of this
/// run and the time since then: what the server gives has to grow also if the clock goes back.
#[derive(Debug, Clone, Copy)]
pub(super) struct NumberClock {
    run: Incarnation,
    began: Instant,
}

impl NumberClock {
    /// Begins with the server's run.
    pub(super) fn begin(run: Incarnation) -> Self {
        Self {
            run,
            began: Instant::now(),
        }
    }

    pub(super) fn now_ms(&self) -> u64 {
        let lasted = self.began.elapsed().as_millis() as u64;
        now_ms().max(self.run.0.saturating_add(lasted))
    }
}
