//! What is left to be done of a delivery once nothing is locked any more.

use std::fmt;
use std::sync::Arc;

use super::peer::Peer;
use crate::session::{LaneId, Wake};

/// So many are told one by one of what was delivered in one go; of the others, how many.
const MOST_NOTICES: usize = 64;

/// What is left to be done of a delivery. Logs and the wakers of a transport are code of whoever
/// made them, which may ask this bus for anything: so nothing is locked when it is
/// [performed](Self::perform).
#[derive(Default)]
#[must_use]
pub(crate) struct Afterwards {
    notices: Vec<Box<dyn FnOnce()>>,
    left_out: usize,
    /// What lanes asked for whose outcomes were entered.
    wakes: Vec<(LaneId, Wake)>,
}

impl Afterwards {
    /// Writes something to the log.
    pub(crate) fn tell(&mut self, notice: impl FnOnce() + 'static) {
        if self.notices.len() < MOST_NOTICES {
            self.notices.push(Box::new(notice));
        } else {
            self.left_out += 1;
        }
    }

    /// Does what one of our lanes asked for. A lane that has asked for its transport or its stream
    /// asks no more before that is done; without a link it asks for one with each outcome, and gets
    /// it once.
    pub(crate) fn wake(&mut self, lane: LaneId, wake: Wake) {
        let dials = |(at, wake): &(LaneId, Wake)| *at == lane && matches!(wake, Wake::Dial);
        match wake {
            Wake::Nothing => {}
            Wake::Dial if self.wakes.iter().any(dials) => {}
            wake => self.wakes.push((lane, wake)),
        }
    }

    /// Does it; nothing may be locked.
    #[inline]
    pub(crate) fn perform(self, peer: &Arc<Peer>) {
        if !(self.notices.is_empty() && self.wakes.is_empty()) {
            self.perform_all(peer);
        }
    }

    #[cold]
    fn perform_all(self, peer: &Arc<Peer>) {
        for (lane, wake) in self.wakes {
            peer.after_accept(lane, wake);
        }
        self.notices.into_iter().for_each(|notice| notice());
        if self.left_out > 0 {
            tracing::warn!(peer = %peer.id(), notices = self.left_out,
                "more was to be said of what came at once");
        }
    }
}

impl fmt::Debug for Afterwards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Afterwards")
            .field("notices", &self.notices.len())
            .field("wakes", &self.wakes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_that_asks_for_a_link_again_and_again_gets_it_once() {
        let mut afterwards = Afterwards::default();
        for _ in 0..1_000 {
            afterwards.wake(LaneId::OUTCOMES, Wake::Dial);
            afterwards.wake(LaneId::OUTCOMES, Wake::Nothing);
            afterwards.wake(LaneId::INFRASTRUCTURE_OUTCOMES, Wake::Dial);
        }
        let lanes: Vec<_> = afterwards.wakes.iter().map(|(lane, _)| *lane).collect();
        assert_eq!(lanes, [LaneId::OUTCOMES, LaneId::INFRASTRUCTURE_OUTCOMES]);
    }
}
