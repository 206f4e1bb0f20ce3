//! How a service is tested without processes, network and certificates: its handlers on a
//! `TestBus`, other services played by handlers of the test.

use quibus::prelude::*;
use quibus::testing::TestBus;
use quibus::{HandlerError, SendError};

#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Shop", reply = u64, error = OrderError)]
struct PlaceOrder {
    #[prost(string, tag = "1")]
    sku: String,
}

#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Shop")]
struct StockChanged {
    #[prost(string, tag = "1")]
    sku: String,
    #[prost(uint64, tag = "2")]
    left: u64,
}

/// A command to another service.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Warehouse", reply = u64)]
struct TakeOne {
    #[prost(string, tag = "1")]
    sku: String,
}

#[derive(Debug, PartialEq, thiserror::Error, HandlerError)]
enum OrderError {
    #[error("no sku {0} is left")]
    #[quibus(code = 409)]
    SoldOut(String),
}

/// The handler under test.
async fn place_order(
    order: PlaceOrder,
    bus: Bus,
    State(price): State<u64>,
) -> quibus::Result<u64, OrderError> {
    let sku = order.sku;
    let left = match bus.send(TakeOne { sku: sku.clone() }).await {
        Ok(left) => left,
        Err(SendError::Failed { .. }) => Err(OrderError::SoldOut(sku.clone()))?,
        Err(other) => Err(other)?,
    };
    bus.publish(StockChanged { sku, left }).await?;
    Ok(price)
}

#[tokio::test]
async fn an_order_takes_one_and_tells_what_is_left() {
    async fn warehouse(_: TakeOne) -> u64 {
        4
    }
    let bus = TestBus::new()
        .handle(place_order)
        .handle(warehouse)
        .state(70_u64);
    let sku = || "A1".to_owned();
    assert_eq!(bus.send(PlaceOrder { sku: sku() }).await, Ok(70));
    let told = bus.published::<StockChanged>();
    told.assert_one(|event| event.sku == "A1" && event.left == 4);
}

#[tokio::test]
async fn an_empty_warehouse_is_a_refusal_and_nothing_is_told() {
    async fn warehouse(_: TakeOne) -> std::io::Result<u64> {
        Err(std::io::Error::other("empty"))
    }
    let bus = TestBus::new()
        .handle(place_order)
        .handle(warehouse)
        .state(70_u64);
    let refused = bus.send(PlaceOrder { sku: "A1".into() }).await;
    assert_eq!(
        refused,
        Err(SendError::Rejected(OrderError::SoldOut("A1".into())))
    );
    bus.published::<StockChanged>().assert_none();
}
