//! What a peer did in the demo.

use std::time::Duration;

use serde::Serialize;

/// What one peer sent and received, and how fast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerLine {
    /// The peer.
    pub peer: String,
    /// What it is there for.
    pub role: String,
    /// Messages it sent: events once however many subscribers they go to, commands and replies.
    pub sent: u64,
    /// Messages it received: events, commands and replies.
    pub received: u64,
    /// Messages a second, sent and received, while it was busy.
    pub per_second: u64,
}

impl PeerLine {
    /// What a peer did while it was busy for so long.
    pub fn new(peer: &str, role: &str, sent: u64, received: u64, busy: Duration) -> Self {
        // A peer that was not busy for a microsecond has no speed worth telling.
        let rate = match busy.as_micros() {
            0 => 0,
            micros => u128::from(sent + received) * 1_000_000 / micros,
        };
        let per_second = u64::try_from(rate).unwrap_or(u64::MAX);
        Self {
            peer: peer.into(),
            role: role.into(),
            sent,
            received,
            per_second,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_counts_both_directions_over_the_time_a_peer_was_busy() {
        let line = PeerLine::new("A.0", "archive", 24, 976, Duration::from_millis(500));
        assert_eq!(line.per_second, 2_000);
        assert_eq!(
            PeerLine::new("A.0", "idle", 0, 0, Duration::ZERO).per_second,
            0
        );
    }
}
