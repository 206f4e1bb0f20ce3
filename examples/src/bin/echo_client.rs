//! Sends its arguments to the echo service and prints the reply.

use quibus_examples::echo::{self, Echo};

#[tokio::main]
async fn main() -> quibus::Result {
    let text = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    let bus = echo::bus("EchoClient.0")?.start().await?;
    println!("{}", bus.send(Echo { text }).await?.text);
    bus.stop(std::time::Duration::from_secs(5)).await?;
    Ok(())
}
