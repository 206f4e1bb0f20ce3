//! Asks for a greeting and prints it. Finds the bus that `quibus up` has started.

use quibus::{Bus, config::Config};
use quibus_examples::greet::Greet;
use quibus_quic::Quic;

#[tokio::main]
async fn main() -> quibus::Result {
    let bus = Bus::builder("Caller").transport(Quic::new());
    let bus = bus.start_with(&Config::find()?).await?;
    let name = "world".into();
    println!("{}", bus.send(Greet { name }).await?);
    bus.stop(std::time::Duration::from_secs(5)).await?;
    Ok(())
}
