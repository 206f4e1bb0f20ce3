//! What programs for zebus-rs look like here: the right-hand sides of `docs/from-zebus-rs.md`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use quibus::bus::{PeerEvent, SendError};
use quibus::directory::PeerState;
use quibus::prelude::*;
use quibus::{Builder, PeerId};
use quibus_quic::Quic;

/// What is too long to be said.
#[derive(Debug, Clone, PartialEq, thiserror::Error, quibus::HandlerError)]
pub enum EchoError {
    #[error("message is too long to be displayed: {0}")]
    #[quibus(code = 10)]
    MessageTooLong(u64),
}

#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Abc.Echo", error = EchoError)]
pub struct EchoCommand {
    #[prost(string, tag = "1")]
    pub msg: String,
}

pub async fn echo(cmd: EchoCommand) -> Result<(), EchoError> {
    let len = cmd.msg.len();
    if len >= 20 {
        return Err(EchoError::MessageTooLong(len as u64));
    }
    println!("{}", cmd.msg);
    Ok(())
}

/// The whole service: files of settings, signals and the drain are `run`'s.
pub async fn echo_service() -> quibus::Result {
    let bus = Bus::builder("Abc.Echo.0").transport(Quic::new());
    Ok(bus.handle(echo).run().await?)
}

pub async fn send_echo(bus: &Bus, msg: &str) -> String {
    match bus.send(EchoCommand { msg: msg.into() }).await {
        Ok(()) => "said".into(),
        Err(SendError::Rejected(EchoError::MessageTooLong(len))) => format!("{len} is too long"),
        Err(error) => error.to_string(),
    }
}

#[derive(Clone, PartialEq, prost::Message, quibus::Event)]
#[quibus(namespace = "SimpleChat")]
pub struct MessageSent {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    pub target: String,
    #[prost(string, tag = "2")]
    pub sender: String,
    #[prost(string, tag = "3")]
    pub text: String,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "SimpleChat")]
pub struct SendMessage {
    #[prost(string, tag = "1")]
    pub target: String,
    #[prost(string, tag = "2")]
    pub text: String,
}

/// A clone is the same session; zebus-rs's `Arc<Mutex<_>>` works as well.
#[derive(Clone, Default)]
pub struct Session(Arc<Mutex<HashMap<PeerId, String>>>);

impl Session {
    pub fn name_of(&self, peer: &PeerId) -> Option<String> {
        self.0.lock().unwrap().get(peer).cloned()
    }
}

pub async fn send_message(
    cmd: SendMessage,
    bus: Bus,
    from: Sender,
    State(session): State<Session>,
) -> quibus::Result {
    let sender = session.name_of(from.peer()).unwrap_or_default();
    let SendMessage { target, text } = cmd;
    let sent = MessageSent {
        target,
        sender,
        text,
    };
    bus.publish(sent).await?;
    Ok(())
}

pub async fn message_sent(event: MessageSent, State(heard): State<super::handlers::Heard>) {
    heard.0.lock().unwrap().push(event.text);
}

/// One channel, or all of them.
pub fn listener(builder: Builder, channel: Option<&str>) -> Builder {
    let route = match channel {
        Some(channel) => MessageSent::route().target(channel),
        None => MessageSent::route(),
    };
    builder.handle(message_sent.matching(route))
}

/// Waits until a peer is gone: there is a stream of changes instead of events of the directory.
pub async fn gone(bus: &Bus, peer: &PeerId) {
    let mut events = bus.peer_events();
    let there = |bus: &Bus| {
        let peers = bus.peers();
        peers
            .iter()
            .any(|it| it.peer == *peer && it.state == PeerState::Up)
    };
    while there(bus) {
        let _: Option<PeerEvent> = events.next().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::handlers::Heard;
    use super::super::town::Town;
    use super::*;

    #[tokio::test]
    async fn the_echo_says_what_is_short_and_refuses_the_rest_by_its_own_error() {
        let town = Town::open().await;
        let _service = town.bus("Abc.Echo.0").handle(echo).start().await.unwrap();
        let client = town.bus("Client.0").start().await.unwrap();
        assert_eq!(send_echo(&client, "hello").await, "said");
        assert_eq!(send_echo(&client, &"x".repeat(30)).await, "30 is too long");
    }

    #[tokio::test]
    async fn the_chat_reaches_the_channel_and_the_leaving_is_noticed() {
        let town = Town::open().await;
        let heard = Heard::default();
        let room = listener(town.bus("Room.0").state(heard.clone()), Some("rust"));
        let room = room.start().await.unwrap();
        let all = listener(town.bus("All.0").state(Heard::default()), None);
        let all = all.start().await.unwrap();
        let server = town.bus("Chat.0").state(Session::default());
        let server = server.handle(send_message).start().await.unwrap();
        for target in ["rust", "go"] {
            let (target, text) = (target.into(), format!("hello, {target}"));
            room.send(SendMessage { target, text }).await.unwrap();
        }
        all.stop(Duration::from_secs(20)).await.unwrap();
        gone(&room, all.peer()).await;
        server.stop(Duration::from_secs(20)).await.unwrap();
        room.stop(Duration::from_secs(20)).await.unwrap();
        assert_eq!(*heard.0.lock().unwrap(), ["hello, rust"]);
    }

    #[tokio::test]
    async fn the_service_says_what_it_lacks() {
        let empty = tempfile::tempdir().unwrap();
        let config = quibus::config::ConfigLoader::new()
            .text(empty.path().join("quibus.toml"), "")
            .load()
            .unwrap();
        let bus = Bus::builder("Abc.Echo.0").transport(Quic::new());
        let failed = bus.handle(echo).start_with(&config).await.unwrap_err();
        assert!(failed.to_string().contains("bus.directories"), "{failed}");
        // Finds settings of its own; here it is enough that it compiles.
        let _ = echo_service;
    }
}
