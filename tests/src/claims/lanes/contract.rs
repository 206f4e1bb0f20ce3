//! The messages of the claim, and what handles them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quibus::prelude::*;
use tokio::sync::watch;

/// Fills the lane that freezes.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Lanes", lane = "frozen")]
pub(super) struct Filling {
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) filling: bytes::Bytes,
}

/// A request in one lane.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Lanes", lane = "orders", reply = Answer)]
pub(super) struct Order {
    #[prost(uint64, tag = "1")]
    pub(super) number: u64,
}

/// A request in another lane.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Lanes", lane = "queries", reply = Answer)]
pub(super) struct Query {
    #[prost(uint64, tag = "1")]
    pub(super) number: u64,
}

/// A request now and then, in the default lane.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Lanes", reply = Answer)]
pub(super) struct Ping {
    #[prost(uint64, tag = "1")]
    pub(super) number: u64,
}

/// Takes a body, and answers how many bytes it had.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Lanes", reply = u64)]
pub(super) struct Haul {}

#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub(super) struct Answer {
    #[prost(uint64, tag = "1")]
    pub(super) number: u64,
}

/// Whether the handler of [`Filling`] is frozen, and how often it ran to its end.
#[derive(Debug, Clone)]
pub(super) struct Freezer {
    pub(super) frozen: watch::Receiver<bool>,
    pub(super) handled: Arc<AtomicU64>,
}

pub(super) async fn filling(_: Filling, State(freezer): State<Freezer>) {
    let mut frozen = freezer.frozen.clone();
    // The run that would thaw it is over.
    let _ = frozen.wait_for(|frozen| !frozen).await;
    freezer.handled.fetch_add(1, Ordering::Relaxed);
}

pub(super) async fn order(command: Order) -> Answer {
    Answer {
        number: command.number,
    }
}

pub(super) async fn query(command: Query) -> Answer {
    Answer {
        number: command.number,
    }
}

pub(super) async fn haul(_: Haul, mut body: Body) -> quibus::Result<u64> {
    let mut bytes = 0;
    while let Some(some) = body.chunk().await {
        bytes += some?.len() as u64;
    }
    Ok(bytes)
}

pub(super) async fn ping(command: Ping) -> Answer {
    Answer {
        number: command.number,
    }
}
