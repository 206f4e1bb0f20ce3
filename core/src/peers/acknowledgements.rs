//! Acknowledgements: due after an eighth of a window, or after 2 ms, and cheaper on the back of a
//! batch that leaves anyway (they made up a tenth of all packets of a 64-deep request loop).

use std::sync::atomic::{AtomicU32, Ordering};

use bytes::{Bytes, BytesMut};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::peer::Peer;
use crate::session::{LaneId, LinkId};

/// Which lanes may have an acknowledgement due.
#[derive(Debug, Default)]
pub(crate) struct Due {
    lanes: AtomicU32,
    /// Wakes the link's task: something is due.
    pub(crate) some: Notify,
    /// Wakes the link's task: something is due at once.
    pub(crate) urgent: Notify,
}

impl Due {
    /// Dispatch has taken from this lane.
    pub(crate) fn mark(&self, lane: LaneId, urgent: bool) {
        let bit = 1 << lane.index();
        let before = self.lanes.fetch_or(bit, Ordering::AcqRel);
        if before == 0 {
            self.some.notify_one();
        }
        if urgent {
            self.urgent.notify_one();
        }
    }
}

impl Peer {
    /// Adds the acknowledgements that are due on `link` to a batch that is leaving.
    pub(crate) fn add_due_acks(&self, link: LinkId, chunks: &mut Vec<Bytes>) {
        if self.due.lanes.load(Ordering::Acquire) != 0 {
            let mut frames = BytesMut::new();
            self.take_due_acks(link, &mut frames);
            if !frames.is_empty() {
                chunks.push(frames.freeze());
            }
        }
    }

    /// Writes the acknowledgements that are due on `link`. What is due on a newer link stays due.
    pub(super) fn take_due_acks(&self, link: LinkId, frames: &mut BytesMut) {
        let lanes = self.due.lanes.swap(0, Ordering::AcqRel);
        let now = Instant::now();
        for lane in LaneId::sequenced().filter(|lane| lanes & (1 << lane.index()) != 0) {
            let mut inn = self.lanes().inn(lane);
            inn.review(now);
            if let Some(ack) = inn.due_ack(link) {
                ack.put_frame(frames);
            } else if inn.is_ack_due_elsewhere(link) {
                self.due.mark(lane, false);
            }
        }
    }
}
