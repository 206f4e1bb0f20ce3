//! The writing end of a lane: pulls batches out of the bus and writes them whole.

use std::future::poll_fn;

use bytes::Bytes;
use quibus::transport::{Outgoing, Priority};
use quinn::{SendStream, VarInt, WriteError};

/// Sent with the reset of an abandoned lane; nobody decides by it.
const ABANDONED: VarInt = VarInt::from_u32(0);

/// A send stream that is reset, never finished, when it is dropped.
///
/// Dropping a quinn stream says "complete" to the other side, so a frame cut short by a
/// cancelled task would look like the end of the lane.
#[derive(Debug)]
pub(crate) struct LaneWriter(SendStream);

impl LaneWriter {
    pub(crate) fn new(stream: SendStream) -> Self {
        Self(stream)
    }

    /// Writes what `outgoing` gives until that ends, the other side stops reading, or the link
    /// ends. Then both are dropped: the stream is reset, and the bus sees its end go.
    pub(crate) async fn run(mut self, priority: Priority, mut outgoing: Box<dyn Outgoing>) {
        // Fails on a stream that is gone, which the first write says as well.
        let _ = self.0.set_priority(priority.0);
        let mut batch = Vec::new();
        while poll_fn(|context| outgoing.poll_take(context, &mut batch)).await {
            if batch.is_empty() {
                // A source that breaks its promise must not keep the thread to itself.
                tokio::task::yield_now().await;
            }
            if self.write(&mut batch).await.is_err() {
                return;
            }
            batch.clear();
        }
    }

    /// Every chunk becomes one segment of quinn's send buffer, which is searched from its start
    /// for each packet: so chunks are handed over as the bus made them (16 to 64 KiB), and several
    /// at a time.
    async fn write(&mut self, batch: &mut Vec<Bytes>) -> Result<(), WriteError> {
        batch.retain(|chunk| !chunk.is_empty());
        let mut rest = batch.as_mut_slice();
        while !rest.is_empty() {
            // Takes whole chunks out and shortens one that fits in part.
            let written = self.0.write_chunks(rest).await?;
            rest = rest.get_mut(written.chunks..).unwrap_or_default();
        }
        Ok(())
    }
}

impl Drop for LaneWriter {
    fn drop(&mut self) {
        // Fails only on a stream that the other side has stopped or reset already.
        let _ = self.0.reset(ABANDONED);
    }
}
