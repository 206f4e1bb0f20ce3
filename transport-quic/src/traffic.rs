//! What a transport has sent and received.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a transport has sent and received since it was bound, in UDP payloads: frames and all that
/// QUIC adds to them, without the 28 or 48 bytes of UDP and IP per datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Bytes handed to the socket.
    pub sent_bytes: u64,
    /// Datagrams they were cut into.
    pub sent_datagrams: u64,
    /// Bytes that came out of the socket.
    pub received_bytes: u64,
}

/// The counters behind it: an addition per system call, not per datagram.
#[derive(Debug, Default)]
pub(crate) struct TrafficCounters {
    sent_bytes: AtomicU64,
    sent_datagrams: AtomicU64,
    received_bytes: AtomicU64,
}

impl TrafficCounters {
    /// A system call has sent `bytes`, cut into datagrams of `segment` bytes.
    pub(crate) fn sent(&self, bytes: usize, segment: Option<usize>) {
        let datagrams = segment.map_or(1, |segment| bytes.div_ceil(segment.max(1)));
        self.sent_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.sent_datagrams
            .fetch_add(datagrams as u64, Ordering::Relaxed);
    }

    /// A system call has received so much.
    pub(crate) fn received(&self, bytes: usize) {
        self.received_bytes
            .fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub(crate) fn read(&self) -> Traffic {
        Traffic {
            sent_bytes: self.sent_bytes.load(Ordering::Relaxed),
            sent_datagrams: self.sent_datagrams.load(Ordering::Relaxed),
            received_bytes: self.received_bytes.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_of_several_segments_counts_the_last_short_one() {
        let counters = TrafficCounters::default();
        counters.sent(2_500, Some(1_200));
        counters.sent(40, None);
        counters.received(99);
        let expected = Traffic {
            sent_bytes: 2_540,
            sent_datagrams: 4,
            received_bytes: 99,
        };
        assert_eq!(counters.read(), expected);
    }
}
