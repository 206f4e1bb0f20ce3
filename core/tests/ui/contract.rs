//! Contracts whose types do not fit.

use quibus::{Command, Event};

struct Plain;

#[derive(prost::Message, Command)]
#[quibus(namespace = "Shop", reply = Plain)]
struct ReplyCannotTravel {}

#[derive(Command)]
#[quibus(namespace = "Shop")]
struct CannotTravelItself {}

#[derive(prost::Message, Command)]
#[quibus(namespace = "Shop", error = Plain)]
struct NoHandlerError {}

#[derive(prost::Message, Event)]
#[quibus(namespace = "Shop")]
struct CannotBeRoutedBy {
    #[quibus(route = 1)]
    #[prost(double, tag = "1")]
    celsius: f64,
}

#[derive(prost::Message, Event)]
#[quibus(namespace = "Shop")]
struct Sold {
    #[quibus(route = 1)]
    #[prost(uint32, tag = "1")]
    shop: u32,
}

#[derive(prost::Message, Command)]
#[quibus(namespace = "Shop")]
struct Sell {}

fn send<C: Command>(_: C) {}

fn publish<E: Event>(_: E) {}

fn main() {
    send(Sold::default());
    publish(Sell::default());
    send(7);
    let _ = Sold::route().shop("one");
}
