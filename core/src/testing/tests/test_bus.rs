//! A service under test on a bus of its own.

use crate::bus::SendError;
use crate::prelude::*;
use crate::testing::TestBus;
use crate::{Command, Event, HandlerError};

#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Shop", reply = u64, error = OrderError)]
struct Order {
    #[prost(uint64, tag = "1")]
    count: u64,
}

/// Another service's.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Bank", reply = bool)]
struct Pay {
    #[prost(uint64, tag = "1")]
    amount: u64,
}

#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Shop")]
struct Sold {
    #[quibus(route = 1)]
    #[prost(uint64, tag = "1")]
    count: u64,
}

#[derive(Debug, PartialEq, thiserror::Error, HandlerError)]
enum OrderError {
    #[error("not paid")]
    #[quibus(code = 1)]
    NotPaid,
}

async fn order(order: Order, State(price): State<u64>, bus: Bus) -> crate::Result<u64, OrderError> {
    let amount = price * order.count;
    if !bus.send(Pay { amount }).await? {
        Err(OrderError::NotPaid)?;
    }
    bus.publish(Sold { count: order.count }).await?;
    Ok(amount)
}

async fn pay(payment: Pay) -> bool {
    payment.amount < 100
}

/// Sells the half of what was sold before.
async fn halve(sold: Sold, bus: Bus) -> crate::Result {
    if sold.count > 1 {
        let count = sold.count / 2;
        bus.publish(Sold { count }).await?;
    }
    Ok(())
}

fn shop() -> TestBus {
    TestBus::new().handle(order).handle(pay).state(7_u64)
}

#[tokio::test]
async fn a_service_is_sent_commands_and_what_it_publishes_is_seen() {
    let bus = shop();
    assert_eq!(bus.send(Order { count: 2 }).await, Ok(14));
    assert_eq!(bus.send(Order { count: 3 }).await, Ok(21));
    let sold = bus.published::<Sold>();
    assert_eq!(sold.assert_one(|sold| sold.count == 2), &Sold { count: 2 });
    assert_eq!(sold.len(), 2);
}

#[tokio::test]
async fn a_refusal_stays_typed_and_nothing_is_published() {
    let bus = shop();
    let refused = bus.send(Order { count: 20 }).await;
    assert_eq!(refused, Err(SendError::Rejected(OrderError::NotPaid)));
    bus.published::<Sold>().assert_none();
}

#[tokio::test]
async fn an_event_has_been_handled_when_its_publishing_returns() {
    let bus = TestBus::new().handle(halve);
    assert_eq!(bus.publish(Sold { count: 8 }).await.unwrap().queued, 1);
    let counts: Vec<_> = bus
        .published::<Sold>()
        .iter()
        .map(|sold| sold.count)
        .collect();
    assert_eq!(counts, [8, 4, 2, 1]);
    bus.bus().await.try_publish(Sold { count: 0 }).unwrap();
    bus.published::<Sold>().assert_one(|sold| sold.count == 0);
}

#[tokio::test]
#[should_panic(expected = "State<u64>")]
async fn a_missing_state_is_named() {
    let bus = TestBus::new().handle(order).handle(pay);
    let _ = bus.send(Order { count: 1 }).await;
}

#[tokio::test]
#[should_panic(expected = "no event is as it should be among [Sold { count: 2 }]")]
async fn a_failed_assertion_shows_what_there_is() {
    let bus = shop();
    bus.send(Order { count: 2 }).await.unwrap();
    bus.published::<Sold>().assert_one(|sold| sold.count == 3);
}
