//! Wrong `#[quibus(…)]` on a message type.

use quibus::{Command, Event};

#[derive(Command)]
struct WithoutNamespace {}

#[derive(Command)]
#[quibus(namespace = "Shop", repyl = u64)]
struct Unknown {}

#[derive(Event)]
#[quibus(namespace = "Shop", durable)]
struct UnknownToEvents {}

#[derive(Event)]
#[quibus(namespace = "Shop", reply = u64)]
struct EventWithReply {}

#[derive(Event)]
#[quibus(namespace = "Shop", deliver = "any")]
struct EventForOne {}

#[derive(Command)]
#[quibus(namespace = "Shop", lane = "a", lane = "b")]
struct Twice {}

#[derive(Command)]
#[quibus(namespace = "Shop", deliver = "all")]
struct DeliverAll {}

#[derive(Command)]
#[quibus(namespace = "My Shop")]
#[quibus(name = "Place.Order")]
#[quibus(lane = "")]
struct IllegalNames {}

#[derive(Command)]
#[quibus(namespace = "Shop", route = 1)]
struct RouteOnTheType {}

#[derive(Command)]
#[quibus(namespace = Shop)]
struct NotText {}

#[derive(Command)]
#[quibus(namespace = "Shop")]
struct Generic<T> {
    inner: T,
}

#[derive(Command)]
#[quibus(namespace = "Shop")]
union Bits {
    whole: u32,
}

fn main() {}
