//! What went on with all peers of a process, and what goes on now.

use super::registry::Peers;
use crate::session::{LaneId, LaneTotals};

/// What went on with all peers of a process, and what goes on now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    /// Peers that are known, of these slow ones, and links that exist.
    pub(crate) peers: u64,
    pub(crate) slow_peers: u64,
    pub(crate) links: u64,
    /// Dials and links there ever were.
    pub(crate) dials_ever: u64,
    pub(crate) links_ever: u64,
    /// Of all lanes in which application messages travel.
    pub(crate) lanes: LaneTotals,
    /// Events that were accepted and ended with their receiver.
    pub(crate) events_lost: u64,
    /// Cost of what is parked.
    pub(crate) parked_cost: u64,
}

impl Peers {
    /// Looks at every lane of every peer in turn.
    pub(crate) fn tally(&self) -> Tally {
        let numbers = &self.shared().numbers;
        let mut tally = Tally {
            dials_ever: numbers.dials(),
            links_ever: numbers.links(),
            lanes: self.forgotten(),
            events_lost: self.shared().events_lost(),
            ..Tally::default()
        };
        for peer in self.all() {
            tally.peers += 1;
            tally.links += peer.links.len() as u64;
            let mut slow = false;
            for lane in LaneId::sequenced() {
                if let Some(out) = peer.lanes().out_if_used(lane) {
                    if lane.is_application() {
                        tally.lanes.add(out.totals());
                    }
                    slow |= out.is_slow();
                }
                let inn = peer.lanes().inn_if_used(lane);
                tally.parked_cost += inn.map_or(0, |inn| inn.parked_cost());
            }
            tally.slow_peers += u64::from(slow);
        }
        tally
    }
}
