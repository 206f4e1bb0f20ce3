//! How long silence has to last to mean something.

use std::time::Duration;

/// How long silence has to last to mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureTimes {
    /// Unheard for this long: silent. Three heartbeats.
    pub silent_after: Duration,
    /// Silent for this long: down.
    pub down_after: Duration,
    /// Down for this long: removed.
    pub removed_after: Duration,
    /// How long a detector that begins anew gives everybody to be heard.
    pub reattach_grace: Duration,
}

impl Default for FailureTimes {
    fn default() -> Self {
        Self {
            silent_after: Duration::from_secs(3),
            down_after: Duration::from_secs(30),
            removed_after: Duration::from_secs(600),
            reattach_grace: Duration::from_secs(10),
        }
    }
}
