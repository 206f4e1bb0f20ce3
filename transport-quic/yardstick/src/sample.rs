//! What one run has shown.

use std::time::Duration;

use quibus_quic::Traffic;

use crate::messages::Usage;

/// What was used at one moment, by whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) client: Usage,
    pub(crate) server: Usage,
    /// What went through the client's socket.
    pub(crate) traffic: Traffic,
}

/// What one run has shown. All but the figure is per message: a round trip, or a delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// In the cell's unit.
    pub(crate) figure: f64,
    pub(crate) messages: u64,
    /// Bytes in UDP payloads, both ways.
    pub(crate) wire_bytes: f64,
    pub(crate) allocations: Option<[f64; 2]>,
    /// Microseconds on a processor, of both processes.
    pub(crate) processor: Option<f64>,
}

impl Sample {
    /// `median` is the figure of a cell that measures times.
    pub(crate) fn new(
        messages: u64,
        took: Duration,
        median: Option<Duration>,
        before: &Reading,
        after: &Reading,
    ) -> Self {
        let each = messages.max(1) as f64;
        let bytes = |traffic: &Traffic| traffic.sent_bytes + traffic.received_bytes;
        let grown = |of: fn(&Usage) -> Option<u64>| {
            let by = |before: &Usage, after: &Usage| Some((of(after)? - of(before)?) as f64 / each);
            let client = by(&before.client, &after.client)?;
            Some([client, by(&before.server, &after.server)?])
        };
        Self {
            figure: match median {
                Some(median) => median.as_secs_f64() * 1e6,
                None => each / took.as_secs_f64(),
            },
            messages,
            wire_bytes: (bytes(&after.traffic) - bytes(&before.traffic)) as f64 / each,
            allocations: grown(|usage| usage.allocations),
            processor: grown(|usage| usage.processor).map(|both| (both[0] + both[1]) / 1e3),
        }
    }
}
