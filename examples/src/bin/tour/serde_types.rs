//! Rust types as they are, without protobuf: from Rust to Rust, by bincode.

use std::collections::BTreeMap;
use std::time::Duration;

use quibus::prelude::*;
use quibus_examples::start;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, Command)]
#[quibus(namespace = "Tour", codec = quibus::Bincode, reply = Receipt)]
enum Checkout {
    Everything,
    Some {
        skus: Vec<String>,
        at_most: Option<u32>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Receipt {
    counts: BTreeMap<String, u32>,
    total: (u64, char),
}

async fn checkout(command: Checkout) -> Receipt {
    let skus = match command {
        Checkout::Everything => vec!["A1".into(), "A2".into(), "A3".into()],
        Checkout::Some { mut skus, at_most } => {
            skus.truncate(at_most.unwrap_or(u32::MAX) as usize);
            skus
        }
    };
    let counts: BTreeMap<_, _> = skus.into_iter().map(|sku| (sku, 1)).collect();
    let total = (100 * counts.len() as u64, '€');
    Receipt { counts, total }
}

pub async fn main() -> quibus::Result {
    let till = start(Bus::builder("Till").handle(checkout)).await?;
    let shopper = start(Bus::builder("Shopper")).await?;
    let (skus, at_most) = (vec!["A1".into(), "B2".into()], Some(1));
    for command in [Checkout::Everything, Checkout::Some { skus, at_most }] {
        let Receipt { counts, total } = shopper.send(command).await?;
        println!(
            "{:?} for {} {}",
            counts.keys().collect::<Vec<_>>(),
            total.0,
            total.1
        );
    }
    shopper.stop(Duration::from_secs(5)).await?;
    till.stop(Duration::from_secs(5)).await?;
    Ok(())
}
