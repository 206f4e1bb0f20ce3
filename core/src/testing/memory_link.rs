//! One side's handle of a link.

use std::fmt;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::connection::{Connection, Side, Step};
use super::lane_reader::LaneReader;
use super::lane_writer::LaneWriter;
use crate::transport::{
    BoxFuture, CloseReason, Incoming, Link, LinkEnd, Outgoing, Priority, Remote,
};

/// Dropping it closes the link.
pub(super) struct MemoryLink {
    pub(super) connection: Arc<Connection>,
    pub(super) side: Side,
    pub(super) remote: Remote,
    /// Of the process on this side.
    pub(super) runtime: Handle,
}

impl Link for MemoryLink {
    fn remote(&self) -> &Remote {
        &self.remote
    }

    fn open(&self, priority: Priority, outgoing: Box<dyn Outgoing>) {
        let control = priority == Priority::CONTROL;
        let opened = self
            .connection
            .change(|state, wakes| state.open(self.side, control, wakes));
        if let Some(lane) = opened {
            let writer = LaneWriter {
                connection: self.connection.clone(),
                side: self.side,
                lane,
            };
            self.runtime.spawn(writer.run(outgoing));
        }
    }

    fn accept(&self) -> BoxFuture<'_, Result<Box<dyn Incoming>, LinkEnd>> {
        Box::pin(async move {
            let accepted = self.connection.wait(|state, _| state.accept(self.side));
            let lane = accepted.await?;
            let reader = LaneReader::new(self.connection.clone(), self.side, lane);
            Ok(Box::new(reader) as Box<dyn Incoming>)
        })
    }

    fn close(&self, reason: CloseReason) {
        self.connection
            .change(|state, wakes| state.close(self.side, reason, wakes));
    }

    fn closed(&self) -> BoxFuture<'_, LinkEnd> {
        Box::pin(
            self.connection
                .wait(|state, _| match state.end_of(self.side) {
                    Some(end) => Step::Done(end.clone()),
                    None => Step::Wait,
                }),
        )
    }
}

impl Drop for MemoryLink {
    fn drop(&mut self) {
        self.close(CloseReason::Done);
    }
}

impl fmt::Debug for MemoryLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLink")
            .field("side", &self.side)
            .field("remote", &self.remote)
            .finish_non_exhaustive()
    }
}
