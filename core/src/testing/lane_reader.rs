//! The reading end of a lane.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::time::Sleep;

use super::connection::{Connection, Side};
use super::lane::Found;
use crate::transport::{Incoming, LinkEnd};

pub(super) struct LaneReader {
    connection: Arc<Connection>,
    side: Side,
    lane: u64,
    /// Until the next piece arrives; made by the first that takes its time.
    arrival: Option<Pin<Box<Sleep>>>,
    ended: Option<LinkEnd>,
}

impl LaneReader {
    pub(super) fn new(connection: Arc<Connection>, side: Side, lane: u64) -> Self {
        Self {
            connection,
            side,
            lane,
            arrival: None,
            ended: None,
        }
    }
}

impl Incoming for LaneReader {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        chunks: &mut Vec<Bytes>,
    ) -> Poll<Result<(), LinkEnd>> {
        loop {
            if let Some(end) = &self.ended {
                return Poll::Ready(Err(end.clone()));
            }
            let found = self
                .connection
                .change(|state, wakes| state.read(self.side, self.lane, context, chunks, wakes));
            match found {
                Ok(Found::Bytes) => return Poll::Ready(Ok(())),
                Ok(Found::Nothing) => return Poll::Pending,
                Ok(Found::NothingBefore(at)) => {
                    let arrival = self
                        .arrival
                        .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
                    if arrival.deadline() != at {
                        arrival.as_mut().reset(at);
                    }
                    ready!(arrival.as_mut().poll(context));
                }
                Err(end) => self.ended = Some(end),
            }
        }
    }
}

impl Drop for LaneReader {
    fn drop(&mut self) {
        self.connection
            .change(|state, wakes| state.leave(self.side, self.lane, wakes));
    }
}
