//! Names and numbers: who is who on the bus, and which run, message or change is meant.
//!
//! Everything here is small, comparable and checked when it is made, so that no other module has
//! to ask again whether a name is legal.

mod identity;
mod incarnation;
mod message_id;
mod name;
mod peer_id;
mod revision;

pub use identity::Identity;
pub use incarnation::Incarnation;
pub use message_id::{IdTail, MessageId};
pub use name::{InvalidName, Name};
pub use peer_id::{InvalidPeerId, PeerId};
pub use revision::{ClusterId, Revision};
