//! The writing end of a lane: a task that pulls bytes out of the bus while there is room.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Poll, ready};

use bytes::Bytes;

use super::connection::{Connection, Side};
use crate::transport::Outgoing;

/// Dropping it abandons the lane, also when the bus panics while it is asked for bytes.
pub(super) struct LaneWriter {
    pub(super) connection: Arc<Connection>,
    pub(super) side: Side,
    pub(super) lane: u64,
}

impl LaneWriter {
    /// Writes until the bus has no more, the reader has left or the link has ended.
    pub(super) async fn run(self, mut outgoing: Box<dyn Outgoing>) {
        let mut batch = VecDeque::new();
        while self.pull(&mut *outgoing, &mut batch).await {
            while !batch.is_empty() {
                if !self.room().await {
                    return;
                }
                self.write(&mut batch);
            }
            // A bus that always has something must not keep the thread to itself.
            tokio::task::consume_budget().await;
        }
    }

    async fn pull(&self, outgoing: &mut dyn Outgoing, batch: &mut VecDeque<Bytes>) -> bool {
        let mut chunks = Vec::new();
        let pulled = std::future::poll_fn(|context| {
            let room = self.connection.change(|state, _| {
                // The lock is given back before the bus is asked: it has locks of its own.
                state.poll_room(self.side, self.lane, context)
            });
            match ready!(room) {
                true => outgoing.poll_take(context, &mut chunks),
                false => Poll::Ready(false),
            }
        });
        let alive = pulled.await;
        batch.extend(chunks.into_iter().filter(|chunk| !chunk.is_empty()));
        alive
    }

    async fn room(&self) -> bool {
        std::future::poll_fn(|context| {
            let look = |state: &mut super::connection::State, _: &mut _| {
                state.poll_room(self.side, self.lane, context)
            };
            self.connection.change(look)
        })
        .await
    }

    fn write(&self, batch: &mut VecDeque<Bytes>) {
        self.connection
            .change(|state, wakes| state.write(self.side, self.lane, batch, wakes));
    }
}

impl Drop for LaneWriter {
    fn drop(&mut self) {
        self.connection
            .change(|state, wakes| state.abandon(self.side, self.lane, wakes));
    }
}
