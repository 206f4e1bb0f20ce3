//! The transport's end of an unsequenced lane on one link.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::peer::Peer;
use crate::session::{LaneId, LinkId};
use crate::transport::Outgoing;

/// Pulls what waits in an unsequenced lane.
pub(super) struct UnsequencedSource {
    pub(super) peer: Arc<Peer>,
    pub(super) lane: LaneId,
    pub(super) link: LinkId,
}

impl Outgoing for UnsequencedSource {
    fn poll_take(&mut self, context: &mut Context<'_>, chunks: &mut Vec<Bytes>) -> Poll<bool> {
        let mut lanes = self.peer.unsequenced();
        match lanes.pull(self.link, self.lane, chunks, context.waker()) {
            None => Poll::Ready(false),
            Some(false) => Poll::Pending,
            Some(true) => Poll::Ready(true),
        }
    }
}
