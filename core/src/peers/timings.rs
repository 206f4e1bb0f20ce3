//! How long things may take between two peers.

use std::time::Duration;

/// How long things may take between two peers. The defaults are those of the protocol; tests in
/// virtual time may shorten them.
#[derive(Debug, Clone)]
pub struct Timings {
    /// From a link's beginning to its Hello.
    pub hello: Duration,
    /// How long a link may stay without a session while its other side registers.
    pub bootstrap: Duration,
    /// Nothing heard for this long while something is unacknowledged: ping.
    pub ping_after: Duration,
    /// Nothing heard for this long after the ping: the link is broken.
    pub broken_after: Duration,
    /// A link on which nothing was exchanged for this long is closed.
    pub idle: Duration,
    /// The first pause between two dials; it doubles up to [`redial_max`](Self::redial_max), and
    /// each is drawn from zero to its length (full jitter).
    pub redial: Duration,
    /// The longest pause between two dials.
    pub redial_max: Duration,
    /// An acknowledgement waits this long for a lane batch to travel with.
    pub ack_delay: Duration,
    /// A lane that stays full for this long makes its receiver slow (promise 15).
    pub slow_peer: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            hello: Duration::from_secs(5),
            bootstrap: Duration::from_secs(30),
            ping_after: Duration::from_secs(1),
            broken_after: Duration::from_secs(3),
            idle: Duration::from_secs(60),
            redial: Duration::from_millis(50),
            redial_max: Duration::from_secs(5),
            ack_delay: Duration::from_millis(2),
            slow_peer: Duration::from_secs(5),
        }
    }
}
