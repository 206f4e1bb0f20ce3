//! Who is there and what they want: the contract between a peer and the directory, and the peer's
//! own replica of it.
//!
//! Every peer holds a [`PeerView`]: a replica of all [`PeerDescriptor`]s, so that routing never
//! needs a network hop. It is filled by a [`Snapshot`] and kept up to date by [`Change`]s that
//! each name the revision before them, so that a hole is noticed and closed by asking again from
//! the last revision held. What the replica learns it tells as [`ViewEvent`]s; the bus moves its
//! routing table, its sessions and `peer_events()` by them.
//!
//! The module is pure: no clock, no link. [`contract`] holds the messages that travel between a
//! peer and a directory server, ordinary commands in the namespace `Quibus.Directory`; each comes
//! with a checked reading into the types of this module, bounded and never panicking.

mod change;
pub mod contract;
mod interest;
mod key_lists;
mod peer_descriptor;
mod peer_list;
mod peer_state;
mod peer_view;
#[cfg(test)]
mod peer_view_properties;
#[cfg(test)]
mod samples;
mod snapshot;
mod subscriptions;
mod type_list;
mod unreadable;
mod view_event;

pub use change::{Change, ChangeKind};
pub use interest::Interest;
pub use peer_descriptor::PeerDescriptor;
pub use peer_list::PeerList;
pub use peer_state::PeerState;
pub use peer_view::{Gap, PeerView};
pub use snapshot::{Snapshot, SnapshotAssembly};
pub use subscriptions::{SubscriptionUpdate, Subscriptions};
pub use type_list::TypeList;
pub use unreadable::Unreadable;
pub use view_event::ViewEvent;
