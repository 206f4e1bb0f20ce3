//! The bus: what a service holds in its hand.
//!
//! A [`Builder`] takes a peer id, handlers, state and a transport; [`Builder::start`] registers
//! the process with the directory and returns the [`Bus`]. From it commands are sent
//! ([`Bus::send`]), events published ([`Bus::publish`]), and the other peers seen. It ends with
//! [`Bus::stop`], which loses nothing that was accepted.
//!
//! - [`Sending`], [`SendError`]; [`Publishing`], [`Published`], [`PublishError`]: the two verbs.
//! - [`TrySendError`], [`TryPublishError`]: the same without waiting for room.
//! - [`SendingWithReplyBody`]: a send that wants the body of its reply.
//! - [`SendService`]: sending as a tower service.
//! - [`Live`], [`SubscribeError`]: subscribing at run time.
//! - [`KnownPeer`], [`Exchange`]: the other peers, and what goes on with them.
//! - [`PeerEvent`], [`PeerEvents`]: the other peers' coming and going.
//! - [`LookUpError`]: asking the directory what types there are.
//! - [`StartError`], [`StopReport`], [`IncompleteStop`], [`RunError`]: beginning and end.
//! - [`BusSettings`]: what a configuration says about it.
//! - [`MemoryBudget`], [`MemoryTable`]: how much memory others may make this process hold.
//! - [`Signals`]: how a process is asked to end.
//! - [`Timings`]: how long things may take between two peers.
//! - [`Observer`], [`Teller`], [`ObserveError`]: watching who is there without taking part.
//! - [`Authority`]: how a directory server's own bus is fed.

mod authority;
mod bell;
mod beside;
mod builder;
mod bus;
mod bus_cell;
mod bus_settings;
mod choice;
mod debtors;
mod directory_handlers;
mod encodable;
mod encoded;
mod inner;
mod known_peer;
mod known_route;
mod live;
mod local_body;
mod look_up_error;
mod membership;
mod membership_error;
mod memory_table;
mod metrics;
mod near_peer;
mod observe_error;
mod observer;
mod own_hold;
mod peer_event;
mod prefix;
mod publish_error;
mod publishing;
mod recipient;
#[cfg(any(test, feature = "testing"))]
mod recorder;
mod registration;
mod remote_send;
mod replica;
mod room_here;
mod run_error;
mod scratch;
mod send_error;
mod send_service;
mod sending;
mod sending_at_once;
mod sending_recipient;
mod sending_with_reply_body;
mod signals;
mod start_error;
mod stop;
mod stop_report;
mod subscribe_error;
mod subscription_book;
mod telling;
#[cfg(test)]
mod tests;
mod try_now;
mod try_publish_error;
mod try_send_error;
mod type_book;
mod type_exchange;
mod unsequenced_send;

pub use authority::Authority;
pub use builder::Builder;
pub use bus::Bus;
pub use bus_settings::BusSettings;
pub use known_peer::KnownPeer;
pub use live::Live;
pub use look_up_error::LookUpError;
pub use memory_table::{MemoryItem, MemoryTable};
pub use observe_error::ObserveError;
pub use observer::{Observer, Teller};
pub use peer_event::{PeerEvent, PeerEvents};
pub use publish_error::PublishError;
pub use publishing::{Published, Publishing};
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub use recorder::Recorder;
pub use run_error::RunError;
pub use send_error::SendError;
pub use send_service::SendService;
pub use sending::Sending;
pub use sending_with_reply_body::SendingWithReplyBody;
pub use signals::Signals;
pub use start_error::{DirectoryFailure, StartError};
pub use stop_report::{IncompleteStop, StopReport};
pub use subscribe_error::SubscribeError;
pub use try_publish_error::TryPublishError;
pub use try_send_error::TrySendError;

/// What goes on with another peer.
pub use crate::peers::Exchange;
/// How long things may take between two peers; lives with the shell that keeps to it.
pub use crate::peers::Timings;
/// What all lanes and links of a process may hold.
pub use crate::session::MemoryBudget;
