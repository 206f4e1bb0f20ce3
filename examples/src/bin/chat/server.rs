//! Knows who is there, and hands on what they say.

use std::collections::HashMap;
use std::sync::Arc;

use quibus::PeerId;
use quibus::bus::Signals;
use quibus::directory::PeerState;
use quibus::prelude::*;
use quibus_examples::start;
use tokio::sync::Mutex;

use crate::contract::{ChatError, MessageSent, RegisterUser, SendMessage, UserMoved};

type Users = Arc<Mutex<HashMap<PeerId, String>>>;

async fn register(
    command: RegisterUser,
    from: Sender,
    bus: Bus,
    State(users): State<Users>,
) -> quibus::Result<(), ChatError> {
    let name = command.name;
    let mut users = users.lock().await;
    if users.values().any(|taken| *taken == name) {
        Err(ChatError::NameTaken(name.clone()))?;
    }
    users.insert(from.peer().clone(), name.clone());
    bus.publish(UserMoved { name, here: true }).await?;
    Ok(())
}

async fn send_message(
    command: SendMessage,
    from: Sender,
    bus: Bus,
    State(users): State<Users>,
) -> quibus::Result<(), ChatError> {
    let sender = users.lock().await.get(from.peer()).cloned();
    let sender = sender.ok_or(ChatError::Unregistered)?;
    let SendMessage { channel, text } = command;
    bus.publish(MessageSent {
        channel,
        sender,
        text,
    })
    .await?;
    Ok(())
}

/// Takes leave of users whose process has gone.
async fn watch(bus: Bus, users: Users) {
    let mut events = bus.peer_events();
    while let Some(event) = events.next().await {
        let gone = event
            .descriptor()
            .filter(|peer| peer.state != PeerState::Up);
        let Some(gone) = gone else { continue };
        if let Some(name) = users.lock().await.remove(&gone.peer) {
            // Fails only if this bus stops, and then nobody is left to tell.
            let _ = bus.publish(UserMoved { name, here: false }).await;
        }
    }
}

pub async fn run() -> quibus::Result {
    let signals = Signals::listen()?;
    let users = Users::default();
    let bus = Bus::builder("ChatServer").state(users.clone());
    let bus = start(bus.handle(register).handle(send_message)).await?;
    let watching = tokio::spawn(watch(bus.clone(), users));
    println!("{} is live", bus.peer());
    bus.run_until(signals).await?;
    watching.abort();
    Ok(())
}
