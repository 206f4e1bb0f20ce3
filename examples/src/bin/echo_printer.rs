//! The program of zebus-rs's README: a service that prints what it is sent. All of it is here.

use quibus::Bus;
use quibus_examples::development::Development;

#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Echo")]
struct EchoCommand {
    #[prost(string, tag = "1")]
    msg: String,
}

async fn echo(command: EchoCommand) {
    println!("ECHO {}", command.msg);
}

#[tokio::main]
async fn main() -> quibus::Result {
    let network = Development::here();
    let wire = network.peer("EchoPrinter.0")?;
    let bus = Bus::builder("EchoPrinter.0").handle(echo).transport(wire);
    let bus = bus.directory(network.directory_address()?).start().await?;
    println!("{} is live", bus.peer());
    Ok(bus.run().await?)
}
