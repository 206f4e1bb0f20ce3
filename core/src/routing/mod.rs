//! Who gets a message.
//!
//! The [`RoutingTable`] knows, per message type, each subscribed peer with its binding keys.
//! Publishing asks it on every message, so readers never wait for writers: they load an immutable
//! structure and walk it without allocating. A change replaces the structure of its type only.
//!
//! Underneath lies the [`BindingTree`], which finds the values whose keys match a message by
//! walking the message's fields instead of all the keys.

mod binding_tree;
mod routing_table;
mod type_routes;

pub use binding_tree::BindingTree;
pub use routing_table::{RouteChange, RoutingTable};
