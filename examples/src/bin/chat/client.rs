//! One user: says what is typed, prints what others say in some channels.

use std::time::Duration;

use quibus::prelude::*;
use quibus_examples::start;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

use crate::contract::{MessageSent, RegisterUser, SendMessage, UserMoved};

#[derive(Clone)]
struct Me(String);

async fn moved(event: UserMoved, State(Me(me)): State<Me>) {
    if event.name != me {
        let verb = if event.here { "joined" } else { "left" };
        println!("{} {verb}", event.name);
    }
}

async fn said(event: MessageSent, State(Me(me)): State<Me>) {
    if event.sender != me {
        println!("[#{}] {}: {}", event.channel, event.sender, event.text);
    }
}

/// Sends line after line: `/send CHANNEL TEXT`, or after `/default CHANNEL` the text alone.
async fn talk(bus: &Bus) -> quibus::Result {
    let mut lines = BufReader::new(stdin()).lines();
    let mut default = None;
    while let Some(line) = lines.next_line().await? {
        let (channel, text) = match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["/exit"] => break,
            ["/default", channel] => {
                default = Some(channel.to_string());
                continue;
            }
            ["/send", channel, text @ ..] => (Some(channel.to_string()), text.join(" ")),
            _ => (default.clone(), line),
        };
        match channel {
            Some(channel) => bus.send(SendMessage { channel, text }).await?,
            None => println!("say where: /send CHANNEL TEXT, or /default CHANNEL"),
        }
    }
    Ok(())
}

pub async fn run(name: &str, channels: &[String]) -> quibus::Result {
    let routes: Vec<_> = channels
        .iter()
        .map(|channel| MessageSent::route().channel(channel))
        .collect();
    let bus = Bus::builder(&format!("ChatClient.{name}"))
        .state(Me(name.to_owned()))
        .handle(moved)
        .handle(said.matching(routes));
    let bus = start(bus).await?;
    let name = name.to_owned();
    bus.send(RegisterUser { name }).await?;
    println!("in #{}", channels.join(", #"));
    talk(&bus).await?;
    bus.stop(Duration::from_secs(5)).await?;
    Ok(())
}
