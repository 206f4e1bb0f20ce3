//! Routes that are none of the message.

use quibus::dispatch::Handler;
use quibus::prelude::*;

#[derive(prost::Message, quibus::Command)]
#[quibus(namespace = "Shop", reply = u64)]
struct Price {}

#[derive(prost::Message, quibus::Event)]
#[quibus(namespace = "Shop")]
struct Sold {}

fn handle<A, H: Handler<A>>(_: H) {}

async fn sold(_: Sold) {}

fn main() {
    handle(sold.matching(Price::route()));
    handle(sold.matching([Price::route()]));
    handle(sold.matching("fr"));
}
