//! A command and a reply with bodies: streams of any length beside a small message.

use std::time::Duration;

use quibus::Body;
use quibus::prelude::*;
use quibus_examples::start;
use quibus_examples::weather::Station;
use tokio::io::AsyncBufReadExt;

#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Tour", reply = u64)]
struct CountLines {}

/// Reads while it comes. The reply's own body is the first line.
async fn count(_: CountLines, body: Body) -> quibus::Result<(u64, Body)> {
    let mut lines = body.into_reader().lines();
    let first = lines.next_line().await?.unwrap_or_default();
    let mut count = 1;
    while lines.next_line().await?.is_some() {
        count += 1;
    }
    Ok((count, Body::from(first)))
}

pub async fn main() -> quibus::Result {
    let counter = start(Bus::builder("Counter").handle(count)).await?;
    let sender = start(Bus::builder("Sender")).await?;
    // Any `AsyncRead` is a body, for instance a file.
    let text = Station::Seattle.csv();
    let body = Body::from_reader(text.as_bytes());
    let sending = sender.send(CountLines {}).body(body).with_reply_body();
    let (lines, first) = sending.await?;
    let first = first.collect(1024).await?;
    println!("{lines} lines in {} bytes", text.len());
    println!("the first is {}", String::from_utf8_lossy(&first));
    sender.stop(Duration::from_secs(5)).await?;
    counter.stop(Duration::from_secs(5)).await?;
    Ok(())
}
