//! Asks for a greeting and prints it. Finds the bus that `quibus up` has started.

use quibus::Bus;
use quibus::config::Config;
use quibus_examples::greet::Greet;
use quibus_quic::Quic;

#[tokio::main]
async fn main() -> quibus::Result {
    let bus = Bus::builder("Caller").transport(Quic::new());
    let bus = bus.start_with(&Config::find()?).await?;
    println!(
        "{}",
        bus.send(Greet {
            name: "world".into()
        })
        .await?
    );
    bus.stop(std::time::Duration::from_secs(5)).await?;
    Ok(())
}
