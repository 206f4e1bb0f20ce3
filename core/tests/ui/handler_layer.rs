//! What is no layer around handlers, and what bincode cannot carry.

use quibus::prelude::*;

#[derive(prost::Message, Command)]
#[quibus(namespace = "Shop")]
struct Close {}

async fn close(_: Close) {}

struct NoLayer;

#[derive(Command)]
#[quibus(namespace = "Shop", codec = quibus::Bincode)]
struct WithoutSerde {
    shop: u32,
}

fn main() {
    let _ = Bus::builder("Shop.0").layer(NoLayer);
    let _ = close.layer(tower::layer::util::Identity::new());
    let _ = close.layer(NoLayer);
}
