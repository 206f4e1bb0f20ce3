//! A service that says everything back. Needs the `directory` program.

use quibus_examples::echo::{self, Echo, EchoReply};

async fn echo(command: Echo) -> EchoReply {
    EchoReply { text: command.text }
}

#[tokio::main]
async fn main() -> quibus::Result {
    let bus = echo::bus("Echo.0")?.handle(echo).start().await?;
    println!("{} is live", bus.peer());
    Ok(bus.run().await?)
}
