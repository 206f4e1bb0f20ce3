//! Handlers of a shop, what they take, how they are run, and how they fail.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use quibus::bus::SendError;
use quibus::dispatch::{Delivery, FromDelivery, Missed, Rejection};
use quibus::prelude::*;

use super::messages::{OrderError, OrderPlaced, ParcelSent, PlaceOrder, PriceChanged};

/// What the handlers share. A clone is the same stock.
#[derive(Clone, Default)]
pub struct Stock(Arc<Mutex<BTreeMap<String, u32>>>);

impl Stock {
    pub fn put(&self, sku: &str, count: u32) {
        self.0.lock().unwrap().insert(sku.into(), count);
    }

    fn take(&self, sku: &str, wanted: u32) -> Result<(), OrderError> {
        let mut stock = self.0.lock().unwrap();
        match stock.get_mut(sku) {
            None => Err(OrderError::UnknownSku(sku.into())),
            Some(left) if *left < wanted => Err(OrderError::TooMany(*left)),
            Some(left) => {
                *left -= wanted;
                Ok(())
            }
        }
    }
}

pub async fn place_order(
    order: PlaceOrder,
    State(stock): State<Stock>,
    from: Sender,
    bus: Bus,
) -> quibus::Result<OrderPlaced, OrderError> {
    stock.take(&order.sku, order.quantity)?;
    println!("{} orders {}", from.peer(), order.sku);
    let number = 7;
    let parcel = ParcelSent {
        country: "fr".into(),
        city: "Lyon".into(),
        order: number,
    };
    bus.publish(parcel).await?;
    Ok(OrderPlaced { number })
}

/// A handler of an event returns nothing, or an error that is counted and logged.
pub async fn price_changed(price: PriceChanged, deadline: Deadline) {
    assert_eq!(deadline.instant(), None, "{} has no deadline", price.sku);
}

/// Hears how many events were skipped while this process was slow.
pub async fn missed(missed: Missed, from: Sender) {
    println!("{} events of {} were skipped", missed.count, from.peer());
}

/// The tenant for whom a message speaks.
pub struct Tenant(pub String);

impl FromDelivery for Tenant {
    fn from_delivery(delivery: &Delivery<'_>) -> Result<Self, Rejection> {
        match delivery.header("tenant") {
            Some(name) => Ok(Self(name.into())),
            None => Err(Rejection::new("the header `tenant` is missing")),
        }
    }
}

pub async fn parcel_sent(parcel: ParcelSent, tenant: Tenant, heard: State<Heard>) {
    let line = format!("{} to {} for {}", parcel.order, parcel.city, tenant.0);
    heard.0.0.lock().unwrap().push(line);
}

#[derive(Clone, Default)]
pub struct Heard(pub Arc<Mutex<Vec<String>>>);

pub fn shop(builder: quibus::Builder, stock: Stock) -> quibus::Builder {
    builder
        .state(stock)
        .handle(place_order.queue("orders").concurrency(8))
        .handle(price_changed)
        .handle(missed)
}

/// Everything that can become of a command is a variant of its own.
pub async fn order(bus: &Bus, sku: &str) -> String {
    let order = PlaceOrder {
        sku: sku.into(),
        quantity: 2,
    };
    let sent = bus.send(order).timeout(std::time::Duration::from_secs(5));
    match sent.await {
        Ok(placed) => format!("order {}", placed.number),
        Err(SendError::Rejected(OrderError::UnknownSku(sku))) => format!("no {sku} here"),
        Err(SendError::Rejected(OrderError::TooMany(left))) => format!("only {left} left"),
        Err(SendError::NoPeer { .. }) => "the shop is closed".into(),
        Err(SendError::TimedOut { sent: true }) => "perhaps ordered, perhaps not".into(),
        Err(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::town::Town;
    use super::*;

    #[tokio::test]
    async fn every_outcome_reaches_the_sender_by_its_own_name() {
        let town = Town::open().await;
        let web = town.bus("Web.0").start().await.unwrap();
        assert_eq!(order(&web, "apple").await, "the shop is closed");
        let stock = Stock::default();
        stock.put("apple", 3);
        let shop = shop(town.bus("Shop.0"), stock).start().await.unwrap();
        assert_eq!(order(&web, "apple").await, "order 7");
        assert_eq!(order(&web, "apple").await, "only 1 left");
        assert_eq!(order(&web, "pear").await, "no pear here");
        let price = PriceChanged {
            sku: "apple".into(),
            cents: 30,
        };
        assert_eq!(web.publish(price).await.unwrap().queued, 1);
        drop(shop);
    }

    #[tokio::test]
    async fn an_extractor_of_ones_own_takes_what_it_needs_or_refuses() {
        let town = Town::open().await;
        let heard = Heard::default();
        let map = town.bus("Map.0").state(heard.clone()).handle(parcel_sent);
        let map = map.start().await.unwrap();
        let web = town.bus("Web.0").start().await.unwrap();
        let parcel = || ParcelSent {
            country: "fr".into(),
            city: "Lyon".into(),
            order: 1,
        };
        web.publish(parcel()).await.unwrap();
        web.publish(parcel())
            .header("tenant", "acme")
            .await
            .unwrap();
        web.stop(std::time::Duration::from_secs(20)).await.unwrap();
        map.stop(std::time::Duration::from_secs(20)).await.unwrap();
        assert_eq!(*heard.0.lock().unwrap(), ["1 to Lyon for acme"]);
    }
}
