//! Subscriptions that begin and end while the service runs.

use std::time::Duration;

use quibus::prelude::*;
use quibus_examples::start;
use tokio::sync::mpsc;

#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Tour")]
struct Ticked {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    clock: String,
    #[prost(uint32, tag = "2")]
    number: u32,
}

async fn tick(bus: &Bus, clock: &str, number: u32) -> quibus::Result {
    let clock = clock.to_owned();
    let told = bus.publish(Ticked { clock, number }).await?;
    println!("tick {number} goes to {}", told.queued);
    Ok(())
}

pub async fn main() -> quibus::Result {
    let clock = start(Bus::builder("Clock")).await?;
    let listener = start(Bus::builder("Listener")).await?;
    tick(&clock, "tower", 1).await?;

    // When it returns, the directory has it and every publisher that was there has heard.
    let (heard, mut hears) = mpsc::channel(8);
    let listen = move |event: Ticked| {
        let heard = heard.clone();
        async move { heard.send(event.number).await }
    };
    let tower = listen.matching(Ticked::route().clock("tower"));
    let subscription = listener.subscribe(tower).await?;
    tick(&clock, "tower", 2).await?;
    tick(&clock, "kitchen", 3).await?;
    println!("heard tick {}", hears.recv().await.unwrap_or_default());

    // What is queued still runs; nothing new comes.
    subscription.unsubscribe().await?;
    tick(&clock, "tower", 4).await?;
    clock.stop(Duration::from_secs(5)).await?;
    listener.stop(Duration::from_secs(5)).await?;
    Ok(())
}
