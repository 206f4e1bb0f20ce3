//! The transport's end of a sequenced lane on one link.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::peer::Peer;
use crate::session::{LaneId, LinkId, wake_all};
use crate::transport::Outgoing;

/// Pulls batches out of a lane, with the acknowledgements that are due.
pub(crate) struct LaneSource {
    pub(crate) peer: Arc<Peer>,
    pub(crate) lane: LaneId,
    pub(crate) link: LinkId,
}

impl Outgoing for LaneSource {
    fn poll_take(&mut self, context: &mut Context<'_>, chunks: &mut Vec<Bytes>) -> Poll<bool> {
        let mut out = self.peer.lanes().out(self.lane);
        let pulled = out.pull(self.link, chunks, context.waker());
        let mut called = Vec::new();
        out.call_all_with_room(&mut called);
        let relief = out.take_relief();
        drop(out);
        if let Some(missed) = relief {
            let lane = self.peer.lane_name(self.lane);
            tracing::info!(peer = %self.peer.id(), lane, missed, "the peer is slow no more");
        }
        wake_all(called);
        match pulled {
            None => Poll::Ready(false),
            Some(false) => Poll::Pending,
            Some(true) => {
                self.peer.add_due_acks(self.link, chunks);
                Poll::Ready(true)
            }
        }
    }
}
