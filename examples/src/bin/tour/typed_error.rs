//! A command whose handler refuses with an error that its caller matches on.

use std::time::Duration;

use quibus::prelude::*;
use quibus::{HandlerError, SendError};
use quibus_examples::start;

#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Tour", reply = u64, error = OrderError)]
struct PlaceOrder {
    #[prost(string, tag = "1")]
    sku: String,
    #[prost(uint64, tag = "2")]
    quantity: u64,
}

/// Part of the contract: codes never change. A variant carries nothing, or one value.
#[derive(Debug, PartialEq, thiserror::Error, HandlerError)]
enum OrderError {
    #[error("sku {0} is not sold here")]
    #[quibus(code = 404)]
    UnknownSku(String),
    #[error("{0} are left")]
    #[quibus(code = 409)]
    OutOfStock(u64),
}

/// `?` takes the declared error, and any other: of that the caller gets the text.
async fn place_order(order: PlaceOrder) -> quibus::Result<u64, OrderError> {
    let (letter, price) = order.sku.split_at_checked(1).unwrap_or_default();
    if letter != "A" {
        Err(OrderError::UnknownSku(order.sku.clone()))?;
    }
    if order.quantity > 10 {
        Err(OrderError::OutOfStock(10))?;
    }
    Ok(price.parse::<u64>()? * order.quantity)
}

pub async fn main() -> quibus::Result {
    let shop = start(Bus::builder("Shop").handle(place_order)).await?;
    let web = start(Bus::builder("Web")).await?;
    for (sku, quantity) in [("A7", 3), ("B7", 3), ("A7", 11), ("A?", 1)] {
        let sku = sku.to_owned();
        match web.send(PlaceOrder { sku, quantity }).await {
            Ok(price) => println!("ordered for {price}"),
            Err(SendError::Rejected(OrderError::UnknownSku(sku))) => println!("no {sku} here"),
            Err(SendError::Rejected(OrderError::OutOfStock(left))) => println!("only {left} left"),
            Err(other) => println!("{other}"),
        }
    }
    web.stop(Duration::from_secs(5)).await?;
    shop.stop(Duration::from_secs(5)).await?;
    Ok(())
}
