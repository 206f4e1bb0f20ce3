//! Handlers that return what their message does not allow.

use quibus::dispatch::Handler;
use quibus::prelude::*;

#[derive(prost::Message, quibus::Command)]
#[quibus(namespace = "Shop", reply = u64)]
struct Price {}

#[derive(prost::Message, quibus::Event)]
#[quibus(namespace = "Shop")]
struct Sold {}

fn handle<A, H: Handler<A>>(_: H) {}

#[derive(prost::Message, quibus::Command)]
#[quibus(namespace = "Shop", reply = u64, error = Refusal)]
struct Buy {}

#[derive(Debug, thiserror::Error, quibus::HandlerError)]
enum Refusal {
    #[error("closed")]
    #[quibus(code = 1)]
    Closed,
}

async fn wrong_reply(_: Price) -> u32 {
    1
}

async fn event_with_reply(_: Sold) -> u64 {
    1
}

async fn other_error(_: Buy) -> Result<u64, std::io::Error> {
    Ok(1)
}

fn no_future(_: Price) -> u64 {
    1
}

async fn price(_: Price) -> u64 {
    1
}

fn main() {
    handle(wrong_reply);
    handle(event_with_reply);
    handle(other_error);
    handle(no_future);
    handle(price(Price {}));
    handle(wrong_reply.queue("prices"));
}
