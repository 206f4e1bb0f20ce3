//! A handler that cannot change its thread.

use quibus::dispatch::Handler;

#[derive(prost::Message, quibus::Command)]
#[quibus(namespace = "Shop", reply = u64)]
struct Price {}

#[derive(prost::Message, quibus::Event)]
#[quibus(namespace = "Shop")]
struct Sold {}

fn handle<A, H: Handler<A>>(_: H) {}

async fn not_send(_: Price) -> u64 {
    let rc = std::rc::Rc::new(1);
    std::future::ready(()).await;
    *rc
}

fn main() {
    handle(not_send);
}
