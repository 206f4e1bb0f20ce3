//! Reads one lane of one link. A stream that turns out to carry a body goes to its reader.

use std::sync::Arc;

use bytes::{Buf, Bytes};

use super::link_task::LinkClock;
use super::peer::Peer;
use super::unsequenced_task;
use crate::session::{LaneReader, LinkId, Opening, Violation, opening};
use crate::transport::{CloseReason, Incoming, Link};

/// Bytes that show what a stream carries.
const ENOUGH: usize = 16;

/// Reads a lane until it or its link ends.
pub(super) async fn run(
    peer: Arc<Peer>,
    id: LinkId,
    link: Arc<dyn Link>,
    mut incoming: Box<dyn Incoming>,
    clock: Arc<LinkClock>,
) {
    let mut chunks = match begin(&mut *incoming).await {
        Ok(Some((Opening::Body { body, len }, mut first))) => {
            skip(&mut first, len);
            return peer.take_body_stream(id, body, incoming, first);
        }
        Ok(Some((Opening::Unsequenced, first))) => {
            let read = unsequenced_task::run(&peer, id, incoming, first, &clock).await;
            return read.unwrap_or_else(|violation| refuse(&peer, &*link, &violation));
        }
        Ok(Some((_, first))) => first,
        Ok(None) => return,
        Err(violation) => return refuse(&peer, &*link, &violation),
    };
    let mut reader = LaneReader::new();
    loop {
        if let Err(violation) = take(&peer, id, &mut reader, chunks, &clock) {
            return refuse(&peer, &*link, &violation);
        }
        chunks = Vec::new();
        let read = std::future::poll_fn(|context| incoming.poll_read(context, &mut chunks)).await;
        if read.is_err() {
            break;
        }
    }
    if let Some(opening) = reader.opening() {
        peer.lanes().inn(opening.lane).let_stream_go();
    }
}

/// Reads until it shows what the stream carries. `None`: it has ended before.
async fn begin(incoming: &mut dyn Incoming) -> Result<Option<(Opening, Vec<Bytes>)>, Violation> {
    let mut chunks = Vec::new();
    loop {
        let read = std::future::poll_fn(|context| incoming.poll_read(context, &mut chunks)).await;
        if read.is_err() {
            return Ok(None);
        }
        let first: Vec<u8> = chunks.iter().flatten().copied().take(ENOUGH).collect();
        let opening = opening(&first)?;
        if opening != Opening::Unknown {
            return Ok(Some((opening, chunks)));
        }
    }
}

/// Drops the first bytes of a stream.
fn skip(chunks: &mut [Bytes], mut len: usize) {
    for chunk in chunks {
        let skipped = len.min(chunk.len());
        chunk.advance(skipped);
        len -= skipped;
    }
}

fn refuse(peer: &Peer, link: &dyn Link, violation: &Violation) {
    tracing::warn!(peer = %peer.id(), %violation, "closing a link");
    link.close(CloseReason::Protocol);
}

fn take(
    peer: &Arc<Peer>,
    id: LinkId,
    reader: &mut LaneReader,
    chunks: Vec<Bytes>,
    clock: &LinkClock,
) -> Result<(), Violation> {
    clock.heard_messages(&peer.shared.message_clock);
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
