//! Reads one unsequenced lane of one link.

use std::sync::Arc;

use bytes::Bytes;

use super::frame_reader::{FrameReader, NoFrame};
use super::link_task::LinkClock;
use super::peer::Peer;
use crate::session::{LinkId, UnsequencedReader, Violation};
use crate::transport::Incoming;

/// Reads a lane that begins with `first` until it or its link ends. It is read as it comes:
/// commands for which there is no room are refused, never left here.
pub(super) async fn run(
    peer: &Arc<Peer>,
    id: LinkId,
    incoming: Box<dyn Incoming>,
    first: Vec<Bytes>,
    clock: &LinkClock,
) -> Result<(), Violation> {
    let mut frames = FrameReader::after(first, incoming);
    let mut reader = UnsequencedReader::default();
    loop {
        let frame = match frames.next().await {
            Ok(frame) => frame,
            Err(NoFrame::Ended(_)) => return Ok(()),
            Err(NoFrame::Violation(violation)) => return Err(violation),
        };
        clock.heard_messages(&peer.shared.message_clock);
        let read = reader.read(&frame, clock.theirs())?;
        peer.receive_unsequenced(id, read);
    }
}
