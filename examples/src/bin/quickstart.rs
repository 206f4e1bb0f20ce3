//! A command, an event with a routing field, a handler for each, and a service that has both.

use quibus::bus::Signals;
use quibus::config::Config;
use quibus::prelude::*;
use quibus_quic::Quic;

/// A command has one recipient and a reply. Its name on the wire is `Quickstart.Add`.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Quickstart", reply = u64)]
struct Add {
    #[prost(uint64, tag = "1")]
    left: u64,
    #[prost(uint64, tag = "2")]
    right: u64,
}

/// An event goes to whoever wants it. Who wants it may say which values of `topic` matter.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Quickstart")]
struct Happened {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    topic: String,
    #[prost(string, tag = "2")]
    what: String,
}

/// A handler is an `async fn` that takes its message first, then what else it needs.
async fn add(command: Add, from: Sender) -> u64 {
    println!(
        "{} adds {} and {}",
        from.peer(),
        command.left,
        command.right
    );
    command.left + command.right
}

async fn happened(event: Happened) {
    println!("{}: {}", event.topic, event.what);
}

#[tokio::main]
async fn main() -> quibus::Result {
    let signals = Signals::listen()?;
    let bus = Bus::builder("Quickstart")
        .handle(add)
        .handle(happened.matching(Happened::route().topic("news")))
        .transport(Quic::new())
        .start_with(&Config::find()?)
        .await?;

    println!("the sum is {}", bus.send(Add { left: 1, right: 2 }).await?);
    for topic in ["gossip", "news"] {
        let (topic, what) = (topic.to_owned(), "the bus is there".to_owned());
        bus.publish(Happened { topic, what }).await?;
    }
    Ok(bus.run_until(signals).await?)
}
