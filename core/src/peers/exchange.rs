//! What goes on with one other process, as it is now: for people and for measurements.

use super::peer::Peer;
use crate::session::LaneId;

/// What goes on with another peer at this moment, as its sender sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Exchange {
    /// Whether a link to it is in use.
    pub linked: bool,
    /// Commands to it that wait for their outcome.
    pub in_flight: usize,
    /// Messages that it has not taken yet, in all lanes.
    pub waiting: u64,
    /// What these cost in their lanes, in bytes; at most 8 MiB a lane.
    pub waiting_cost: u64,
    /// The lanes in which it is slow: events in them are skipped until they are half empty
    /// (promise 15).
    pub slow_lanes: Vec<&'static str>,
    /// Events that were skipped because it was slow, since this process knows it.
    pub missed: u64,
}

impl Exchange {
    /// Whether events to it are being skipped.
    pub fn is_slow(&self) -> bool {
        !self.slow_lanes.is_empty()
    }
}

impl Peer {
    /// What goes on with it; looks at each of its lanes in turn.
    pub(crate) fn exchange(&self) -> Exchange {
        let mut exchange = Exchange {
            linked: self.is_linked(),
            ..Exchange::default()
        };
        for lane in LaneId::sequenced() {
            let Some(out) = self.lanes().out_if_used(lane) else {
                continue;
            };
            let totals = out.totals();
            exchange.in_flight += totals.in_flight as usize;
            exchange.waiting += totals.waiting;
            exchange.waiting_cost += totals.waiting_cost;
            exchange.missed += totals.skipped;
            if out.is_slow() {
                exchange.slow_lanes.push(self.lane_name(lane));
            }
        }
        exchange
    }
}
