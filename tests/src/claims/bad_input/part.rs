//! Programs that somebody wrote who got the bus wrong: what they are made of, whom they send to, and
//! what.

use std::time::Duration;

use quibus::PeerId;
use quibus::bus::Builder;
use quibus::config::Config;
use quibus::prelude::*;
use quibus_quic::Quic;

use super::super::claim::Untried;

/// A greeting that is meant for `hello_service`, as somebody wrote it down wrongly.
mod other {
    /// Its name is a number.
    #[derive(Clone, PartialEq, prost::Message, quibus::Command)]
    #[quibus(namespace = "Hello", reply = String)]
    pub(super) struct Greet {
        #[prost(uint64, tag = "1")]
        pub(super) name: u64,
    }
}

/// A greeting whose reply is expected to be something else.
mod misread {
    #[derive(Clone, PartialEq, prost::Message, quibus::Command)]
    #[quibus(namespace = "Hello", reply = u64)]
    pub(super) struct Greet {
        #[prost(string, tag = "1")]
        pub(super) name: String,
    }
}

#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Hello", reply = String)]
struct Greet {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Hello")]
struct NobodyHandlesThis {}

/// Something by fields that are too long to be routed by.
#[derive(Clone, PartialEq, prost::Message, quibus::Event)]
#[quibus(namespace = "Hello")]
struct Greeted {
    #[prost(string, tag = "1")]
    #[quibus(route = 1)]
    name: String,
}

#[derive(Clone)]
struct Register;

async fn greet(command: Greet) -> String {
    command.name
}

async fn greet_by_register(command: Greet, _: State<Register>) -> String {
    command.name
}

async fn greeted(_: Greeted) {}

/// Plays one of them; the reason why it ends is what it has to say.
pub(super) async fn play(part: &[String]) -> Result<(), Untried> {
    let [kind, rest @ ..] = part else {
        return Err("error: name a part".into());
    };
    let me = me();
    let done = match kind.as_str() {
        "without-transport" => start(Bus::builder(&me)).await.map(drop),
        "without-directory" => start(bus(&me)).await.map(drop),
        "state" => start(bus(&me).handle(greet_by_register)).await.map(drop),
        "twins" => start(bus(&me).handle(greet).handle(greet)).await.map(drop),
        "route" => {
            let far = Greeted::route().name("x".repeat(10_000));
            start(bus(&me).handle(greeted.matching(far)))
                .await
                .map(drop)
        }
        "named" => start(bus(&rest.concat())).await.map(drop),
        "budget" => start(bus(&me).memory_budget(1024)).await.map(drop),
        _ => send(kind).await,
    };
    done.map_err(|text| format!("error: {text}").into())
}

async fn send(kind: &str) -> Result<(), String> {
    let bus = start(bus(&me()).handle(greeted)).await?;
    let long = || "x".repeat(100 << 20);
    let ended = match kind {
        "number" => text(bus.send(other::Greet { name: 7 }).await),
        "misread" => text(bus.send(misread::Greet { name: "x".into() }).await),
        "large" => text(bus.send(Greet { name: long() }).await),
        "nobody" => text(bus.send(NobodyHandlesThis {}).await),
        "elsewhere" => {
            let absent = PeerId::new("Absent.0").map_err(|e| e.to_string())?;
            text(bus.send(Greet { name: "x".into() }).to(&absent).await)
        }
        "large-event" => {
            let published = bus.publish(Greeted { name: long() }).await;
            published.map(drop).map_err(|error| error.to_string())
        }
        _ => Err(format!("there is no part {kind}")),
    };
    let _ = bus.stop(Duration::from_secs(5)).await;
    ended
}

fn text<T>(sent: Result<T, SendError>) -> Result<(), String> {
    sent.map(drop).map_err(|error| error.to_string())
}

/// An instance of its own, as several are played at once.
fn me() -> String {
    format!("Caller.{}", std::process::id())
}

fn bus(name: &str) -> Builder {
    Bus::builder(name).transport(Quic::new())
}

async fn start(builder: Builder) -> Result<Bus, String> {
    let config = Config::find().map_err(|error| error.to_string())?;
    let started = builder.start_with(&config).await;
    started.map_err(|error| error.to_string())
}
