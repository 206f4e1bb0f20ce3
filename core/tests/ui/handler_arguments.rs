//! Handlers with an argument that nobody can give.

use quibus::dispatch::Handler;
use quibus::prelude::*;

#[derive(prost::Message, quibus::Command)]
#[quibus(namespace = "Shop", reply = u64)]
struct Price {}

#[derive(prost::Message, quibus::Event)]
#[quibus(namespace = "Shop")]
struct Sold {}

fn handle<A, H: Handler<A>>(_: H) {}

#[derive(Clone)]
struct Db;

struct Pool;

async fn without_state(_: Price, _db: Db) -> u64 {
    1
}

async fn no_message(_: String) {}

async fn message_second(_: Sender, _: Price) -> u64 {
    1
}

async fn not_clone(_: Price, _: State<Pool>) -> u64 {
    1
}

fn main() {
    handle(without_state);
    handle(no_message);
    handle(message_second);
    handle(not_clone);
}
