//! What a session wants done: decided under its lock, done after unlocking.

use super::control::Control;
use super::lane_id::LaneId;
use super::link_id::LinkId;
use super::outbound::Wake;
use super::outbound_end::Losses;
use crate::wire::CloseReason;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Send a control frame.
    Send(LinkId, Control),
    /// Close the link; the session has judged it already.
    Close(LinkId, CloseReason),
    /// The link is in use: read its lanes.
    Current(LinkId),
    /// Give the transport the stream of a lane.
    OpenLane(LinkId, LaneId),
    /// Dial, at once.
    Dial,
}

/// All that follows from one input.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Effects {
    pub(crate) actions: Vec<Action>,
    /// What was lost, and the tasks to wake: senders, and transports with something to write.
    pub(crate) losses: Losses,
    /// Whether outcomes that were owed are so no more: they were taken, or their session has ended.
    pub(crate) outcomes_freed: bool,
    /// Whether the session that was has ended.
    pub(crate) session_ended: bool,
}

impl Effects {
    /// Whether nothing is to be done.
    pub(crate) fn is_empty(&self) -> bool {
        let told = self.losses.wakers.is_empty() && !self.outcomes_freed;
        // Nobody is told of those, but they are counted.
        let lost = self.losses.events > 0;
        self.actions.is_empty() && told && !lost && !self.session_ended
    }

    pub(crate) fn push(&mut self, action: Action) {
        self.actions.push(action);
    }

    pub(crate) fn wake(&mut self, lane: LaneId, wake: Wake) {
        match wake {
            Wake::Nothing => {}
            Wake::Transport(waker) => self.losses.wakers.push(waker),
            Wake::Open(link) => self.push(Action::OpenLane(link, lane)),
            Wake::Dial => self.push(Action::Dial),
        }
    }
}
