//! What a directory server tells this process: ordinary handlers, in a queue of their own.

use std::sync::Arc;

use super::bus_cell::BusCell;
use super::inner::Inner;
use crate::directory::contract::{Applied, Changes, Present, Probe, SnapshotPart, WatchError};
use crate::dispatch::{ErasedHandler, Handler, HandlerExt, Sender, State};
use crate::id::Revision;

/// The queue of these handlers: never behind application messages.
pub(super) const QUEUE: &str = "quibus.directory";

/// The handlers that every bus with a directory has. They are subscribed to nothing: the server
/// addresses whom it knows.
pub(super) fn handlers() -> Vec<Arc<dyn ErasedHandler>> {
    vec![
        Arc::new(snapshot_part.queue(QUEUE).manual().into_handling()),
        Arc::new(changes.queue(QUEUE).manual().into_handling()),
        Arc::new(probe.queue(QUEUE).manual().into_handling()),
    ]
}

async fn snapshot_part(
    part: SnapshotPart,
    State(cell): State<BusCell>,
    from: Sender,
) -> Result<Applied, WatchError> {
    let bus = directory_s_word(&cell, &from)?;
    let held = bus.replica.add_part(&part)?;
    Ok(Applied::new(held, &bus.replica.owing()))
}

async fn changes(
    changes: Changes,
    State(cell): State<BusCell>,
    from: Sender,
) -> Result<Applied, WatchError> {
    let bus = directory_s_word(&cell, &from)?;
    for change in changes.read() {
        if let Err(gap) = bus.replica.apply(&change?) {
            tracing::debug!(
                ?gap,
                "a change is missing; the directory goes on from what is held"
            );
            let held = match gap {
                crate::directory::Gap::Missing { held } => held,
                crate::directory::Gap::Foreign { .. } => Revision::default(),
            };
            return Ok(Applied::new(held, &bus.replica.owing()));
        }
    }
    // In this order: who drains by that revision is named if anything is left for it.
    let held = bus.replica.revision();
    Ok(Applied::new(held, &bus.replica.owing()))
}

async fn probe(_: Probe) -> Present {
    Present::default()
}

/// Only a directory server, by its certificate, says who is there.
fn directory_s_word(cell: &BusCell, from: &Sender) -> Result<Arc<Inner>, WatchError> {
    if !from.identity().is_directory() {
        tracing::warn!(%from, "not a directory, but it speaks as one");
        return Err(WatchError::NotFollowing);
    }
    cell.get().ok_or(WatchError::NotFollowing)
}
