//! Quibus: a peer-to-peer service bus.
//!
//! Services send typed *commands* to one peer and publish *events* to every peer whose *binding
//! keys* match, directly, with no broker. A *directory* tells every peer who is there and what it
//! wants. This crate is the bus without a network: a [`Transport`](transport::Transport) gives it
//! authenticated links, `quibus-quic` is the one for production.
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
