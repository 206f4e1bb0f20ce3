//! What goes along with messages off the wire while they are handed to their queues.

use std::collections::HashMap;
use std::sync::Arc;

use super::answer::enter_verdict;
use super::type_handlers::TypeHandlers;
use super::verdict::Verdict;
use super::work::Origin;
use crate::peers::{Afterwards, Peer};
use crate::session::LaneId;

/// All handlers of a process, by the types of their messages.
pub(super) type ByType = HashMap<&'static str, Arc<TypeHandlers>>;

/// What goes along with messages while they are delivered.
pub(super) struct Delivering<'a> {
    pub(super) by_type: &'a ByType,
    pub(super) afterwards: &'a mut Afterwards,
    /// Where they came from, once somebody wants to know.
    origin: Option<Arc<Origin>>,
}

impl<'a> Delivering<'a> {
    pub(super) fn new(by_type: &'a ByType, afterwards: &'a mut Afterwards) -> Self {
        Self {
            by_type,
            afterwards,
            origin: None,
        }
    }

    /// Where they came from.
    pub(super) fn origin(&mut self, peer: &Arc<Peer>, lane: LaneId) -> &Arc<Origin> {
        self.origin.get_or_insert_with(|| Origin::of(peer, lane))
    }

    /// Answers a command that no handler gets, with this number in this session.
    pub(super) fn refuse(
        &mut self,
        origin: &Origin,
        (epoch, sequence): (u64, u64),
        verdict: &Verdict,
    ) {
        let wake = enter_verdict(origin, epoch, sequence, verdict);
        self.afterwards.wake(origin.lane.outcome_lane(), wake);
    }
}
