//! What the server and its clients say to each other.

use quibus::{Command, Event, HandlerError};

/// Makes its sender a user of this name.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Chat", error = ChatError)]
pub struct RegisterUser {
    #[prost(string, tag = "1")]
    pub name: String,
}

/// Says something in a channel.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Chat", error = ChatError)]
pub struct SendMessage {
    #[prost(string, tag = "1")]
    pub channel: String,
    #[prost(string, tag = "2")]
    pub text: String,
}

/// A user has come, or gone.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Chat")]
pub struct UserMoved {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(bool, tag = "2")]
    pub here: bool,
}

/// Something was said in a channel.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Chat")]
pub struct MessageSent {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    pub channel: String,
    #[prost(string, tag = "2")]
    pub sender: String,
    #[prost(string, tag = "3")]
    pub text: String,
}

#[derive(Debug, PartialEq, thiserror::Error, HandlerError)]
pub enum ChatError {
    #[error("somebody here is called {0} already")]
    #[quibus(code = 1)]
    NameTaken(String),
    #[error("say who you are first")]
    #[quibus(code = 2)]
    Unregistered,
}
