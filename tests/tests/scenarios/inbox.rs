//! What one subscriber has received.

use std::time::Duration;

use quibus::bus::Builder;
use quibus::prelude::*;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::contract::{Measured, RoundOver};

/// More than a scenario publishes in one round.
const ROOM: usize = 10_000;
/// No scenario waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// The receiving end of a subscriber's handlers.
pub(crate) struct Inbox {
    arrived: mpsc::Receiver<Arrival>,
}

/// The other end.
pub(crate) type Post = mpsc::Sender<Arrival>;

pub(crate) enum Arrival {
    Measured(u64),
    RoundOver,
}

impl Inbox {
    /// A bus of this name with an inbox; what it wants of measurements is still to be said.
    pub(crate) fn of(peer: &str) -> (Builder, Self) {
        let (post, arrived) = mpsc::channel(ROOM);
        let builder = Bus::builder(peer).state(post).handle(round_over);
        (builder, Self { arrived })
    }

    /// The numbers of all measurements of a round, as they were handled. One lane and one queue
    /// keep their order, so nothing can come after the round is over.
    pub(crate) async fn round(&mut self) -> Vec<u64> {
        let mut numbers = Vec::new();
        loop {
            match timeout(PATIENCE, self.arrived.recv()).await {
                Ok(Some(Arrival::Measured(number))) => numbers.push(number),
                Ok(Some(Arrival::RoundOver)) => return numbers,
                other => panic!("{} numbers, then {}", numbers.len(), other.is_ok()),
            }
        }
    }
}

pub(crate) async fn measured(event: Measured, State(post): State<Post>) {
    post.send(Arrival::Measured(event.number)).await.unwrap();
}

async fn round_over(_: RoundOver, State(post): State<Post>) {
    post.send(Arrival::RoundOver).await.unwrap();
}
