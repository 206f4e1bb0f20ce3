//! What the shell hands upwards.

use std::sync::Arc;
use std::task::Waker;

use bytes::Bytes;
use tokio::time::Instant;

use super::afterwards::Afterwards;
use super::peer::Peer;
use crate::id::PeerId;
use crate::session::{LaneId, Run};
use crate::transport::{BoxFuture, Remote};

/// Takes what has arrived: implemented by dispatch.
pub(crate) trait Deliver: Send + Sync + 'static {
    /// Takes messages from the beginning of `run`, as many as there is room for, and returns how
    /// many items that were. Whoever takes fewer calls [`Peer::pump`] for this lane once there is
    /// room again. What comes in an unsequenced lane is taken or refused at once.
    ///
    /// The lane is locked. What runs code of others, a log above all, is left to `afterwards`.
    fn deliver(
        &self,
        peer: &Arc<Peer>,
        lane: LaneId,
        run: &Run,
        afterwards: &mut Afterwards,
    ) -> usize;

    /// A peer is owed fewer outcomes: what was set aside because they were
    /// [too many](Peer::is_owed_too_much) goes on.
    fn relieve(&self, _peer: &Arc<Peer>) {}

    /// Ends what was set aside and whose deadline has passed; returns the earliest that has not.
    fn expire(&self, _now: Instant) -> Option<Instant> {
        None
    }

    /// Wakes senders whose outcomes have come.
    fn wake_senders(&self, senders: Vec<Waker>);

    /// Answers a request of a process that is not registered: an outcome's status byte and rest.
    fn answer(&self, request: Request) -> BoxFuture<'static, Bytes>;
}

/// A request in a bootstrap lane.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Who asks, as it says and its certificate allows.
    pub(crate) peer: PeerId,
    /// What its link shows of it.
    pub(crate) remote: Remote,
    /// The type of the command.
    pub(crate) type_name: String,
    /// The encoded command.
    pub(crate) payload: Bytes,
}
