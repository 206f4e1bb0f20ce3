//! What handlers share, and tower layers around them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quibus::prelude::*;
use quibus_examples::start;
use tower::limit::ConcurrencyLimitLayer;
use tower::timeout::TimeoutLayer;

#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Tour", reply = u64)]
struct Next {}

#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Tour")]
struct Sleep {}

/// Any number of states, one of each type. A handler that wants one that is not there is an error
/// of the start.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicU64>);

async fn next(_: Next, State(counter): State<Counter>) -> u64 {
    counter.0.fetch_add(1, Ordering::Relaxed) + 1
}

async fn sleep(_: Sleep) {
    std::future::pending().await
}

pub async fn main() -> quibus::Result {
    let desk = Bus::builder("Desk")
        .state(Counter::default())
        // Eight slots in a queue of its own, of which a layer lets two be used.
        .handle(
            next.queue("numbers")
                .concurrency(8)
                .layer(ConcurrencyLimitLayer::new(2)),
        )
        .handle(sleep.layer(TimeoutLayer::new(Duration::from_millis(100))))
        // Around every handler: a tracing span for each message.
        .layer(quibus::layer::trace());
    let desk = start(desk).await?;
    let visitor = start(Bus::builder("Visitor")).await?;
    for _ in 0..3 {
        println!("number {}", visitor.send(Next {}).await?);
    }
    if let Err(error) = visitor.send(Sleep {}).await {
        println!("{error}");
    }
    visitor.stop(Duration::from_secs(5)).await?;
    desk.stop(Duration::from_secs(5)).await?;
    Ok(())
}
