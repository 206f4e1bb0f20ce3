//! Quibus: a peer-to-peer service bus.
//!
//! Services send typed *commands* to one peer and publish *events* to every peer whose *binding
//! keys* match, directly, with no broker. This crate is the bus without a network: a
//! [`Transport`](transport::Transport) gives it authenticated links, `quibus-quic` is the one for
//! production. The guide is in the repository's `docs/`; this is the reference.
//!
//! # Words
//!
//! | word | is | type |
//! | --- | --- | --- |
//! | peer | a process on the bus, `Service.Instance` | [`PeerId`] |
//! | directory | tells every peer who is there and what it wants | `quibus-directory` |
//! | command | a message with one recipient and one outcome | [`Command`] |
//! | event | a message for everybody who wants it | [`Event`] |
//! | handler | an `async fn` that takes a message, and whatever else it needs | [`dispatch`] |
//! | route, key | which messages of a type are wanted, by the values of their fields | [`message::Route`], [`BindingKey`] |
//! | lane | an ordered channel between two peers, which outlives links | [`message::Message::LANE`] |
//! | outcome | what became of a command: its reply, or exactly why there is none | [`SendError`] |
//!
//! # A service
//!
//! Messages are types with a derive; a service is a [`Builder`] with handlers, which [runs](Builder::run)
//! until it is asked to end.
//!
//! ```
//! use quibus::prelude::*;
//! use quibus::transport::Transport;
//!
//! #[derive(Clone, PartialEq, prost::Message, quibus::Command)]
//! #[quibus(namespace = "Hello", reply = String)]
//! struct Greet {
//!     #[prost(string, tag = "1")]
//!     name: String,
//! }
//!
//! async fn greet(command: Greet, from: Sender) -> String {
//!     format!("Hello, {}, from the friends of {}!", command.name, from.peer())
//! }
//!
//! async fn service(network: impl Transport) -> quibus::Result {
//!     Ok(Bus::builder("Greeter").transport(network).handle(greet).run().await?)
//! }
//! ```
//!
//! # A caller
//!
//! What can become of a command is a variant of its own, and the type of the command says what the
//! reply is.
//!
//! ```
//! use quibus::SendError;
//! use quibus::prelude::*;
//! # #[derive(Clone, PartialEq, prost::Message, quibus::Command)]
//! # #[quibus(namespace = "Hello", reply = String)]
//! # struct Greet {
//! #     #[prost(string, tag = "1")]
//! #     name: String,
//! # }
//!
//! async fn ask(bus: &Bus) -> String {
//!     match bus.send(Greet { name: "Ada".into() }).await {
//!         Ok(greeting) => greeting,
//!         Err(SendError::NoPeer { .. }) => "nobody greets today".into(),
//!         Err(error) => error.to_string(),
//!     }
//! }
//! ```
//!
//! # Events
//!
//! A subscriber names the fields that matter; the publisher sends to those who match and to nobody
//! else.
//!
//! ```
//! use quibus::prelude::*;
//!
//! #[derive(Clone, PartialEq, prost::Message, quibus::Event)]
//! #[quibus(namespace = "Weather")]
//! struct Measured {
//!     #[quibus(route = 1)]
//!     #[prost(string, tag = "1")]
//!     city: String,
//!     #[prost(double, tag = "2")]
//!     celsius: f64,
//! }
//!
//! async fn measured(event: Measured) {
//!     println!("{} °C", event.celsius);
//! }
//!
//! // At the start …
//! let builder = Bus::builder("Panel.0").handle(measured.matching(Measured::route().city("Lyon")));
//! # let _ = builder;
//!
//! // … or while the bus runs: what is published after this has returned is received.
//! async fn watch(bus: &Bus) -> quibus::Result {
//!     let live = bus.subscribe(measured.matching(Measured::route().city("Metz"))).await?;
//!     bus.publish(Measured { city: "Metz".into(), celsius: 7.5 }).await?;
//!     live.unsubscribe().await?;
//!     Ok(())
//! }
//! ```
//!
//! # Tests
//!
//! The feature `testing` brings a network in memory, in virtual time if you like, with faults at
//! will: `testing::MemoryNetwork`.
//!
//! # How it is built
//!
//! The modules are floors; a module imports from the floors below it only:
//!
//! | floor | module | what it settles |
//! | --- | --- | --- |
//! | 10 | `fuzzing` | every parser of bytes from outside, for fuzzers (feature `fuzzing`) |
//! | 10 | `testing` | a network in one process with faults at will, for tests (feature `testing`) |
//! | 9 | [`bus`] | the handle: builder, send, publish, subscribe, stop |
//! | 8 | [`dispatch`] | from a message that arrived to its handler and back |
//! | 7 | `peers` | the async shell around sessions: links, dialling, lanes |
//! | 6 | [`transport`] | the contract between the bus and a network |
//! | 5 | [`directory`] | who is there: the contract with the directory, and the local replica of it |
//! | 4 | `session` | exactly-once between two incarnations, pure |
//! | 3 | [`routing`] | who gets a message: readers never wait for writers |
//! | 2 | [`message`] | commands, events, codecs, headers, typed errors |
//! | 1 | [`binding`] | what a message is routed by, and what a subscription asks for |
//! | 0 | [`id`], [`wire`], [`config`] | names and numbers; bytes with limits; settings and their origins |

// The derives write absolute paths; so this crate's own contracts can use them.
extern crate self as quibus;

pub mod binding;
pub mod bus;
pub mod config;
pub mod directory;
pub mod dispatch;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod id;
pub mod message;
mod peers;
pub mod prelude;
pub mod routing;
mod session;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod transport;
pub mod wire;

pub use binding::{BindingKey, BindingPart, RoutingKey};
pub use bus::{Builder, Bus, PublishError, SendError};
pub use dispatch::{Failure, Result, layer};
pub use id::{Identity, Incarnation, MessageId, PeerId, Revision};
#[cfg(feature = "bincode")]
pub use message::Bincode;
pub use message::schema::Schema;
pub use message::{Body, BodyError, Command, Event, HandlerError, Prost};
pub use peers::Timings;
pub use quibus_macros::{Command, Event, HandlerError, Schema};
