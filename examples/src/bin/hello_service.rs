//! Greets whoever asks. Finds the bus that `quibus up` has started, without any setting.

use quibus::Bus;
use quibus_examples::greet::Greet;
use quibus_quic::Quic;

async fn greet(command: Greet) -> String {
    format!("Hello, {}!", command.name)
}

#[tokio::main]
async fn main() -> quibus::Result {
    let bus = Bus::builder("Greeter").transport(Quic::new());
    Ok(bus.handle(greet).run().await?)
}
