//! Reads one lane of one link.

use std::sync::Arc;

use bytes::Bytes;

use super::link_task::LinkClock;
use super::peer::Peer;
use crate::session::{LaneReader, LinkId, Violation};
use crate::transport::{CloseReason, Incoming, Link};

/// Reads a lane until it or its link ends.
pub(super) async fn run(
    peer: Arc<Peer>,
    id: LinkId,
    link: Arc<dyn Link>,
    mut incoming: Box<dyn Incoming>,
    clock: Arc<LinkClock>,
) {
    let mut reader = LaneReader::new();
    loop {
        let mut chunks = Vec::new();
        let read = std::future::poll_fn(|context| incoming.poll_read(context, &mut chunks)).await;
        if read.is_err() {
            return;
        }
        if let Err(violation) = take(&peer, id, &mut reader, chunks, &clock) {
            tracing::warn!(peer = %peer.id(), %violation, "closing a link");
            link.close(CloseReason::Protocol);
            return;
        }
    }
}

fn take(
    peer: &Arc<Peer>,
    id: LinkId,
    reader: &mut LaneReader,
    chunks: Vec<Bytes>,
    clock: &LinkClock,
) -> Result<(), Violation> {
    clock.heard();
    let read = reader.read(chunks, clock.theirs())?;
    for ack in read.acks {
        peer.ack(id, ack)?;
    }
    match reader.opening() {
        Some(opening) if !read.parcel.items.is_empty() => {
            peer.receive(id, opening.lane, read.parcel)
        }
        _ => Ok(()),
    }
}
