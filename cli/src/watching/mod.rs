//! `quibus peers`, `subscriptions` and `routes`: what a directory knows, for somebody who only
//! watches.
//!
//! A [`Viewpoint`] says which directories are asked, and by which certificate: those of a context,
//! unless flags say otherwise. What is seen there is a view of all peers, and the verbs are
//! functions of it: [`PeerList`], [`SubscriptionList`] and [`Routes`]. Nothing is ever sent to
//! whoever looks, and nobody on the bus sees it.

mod peer_list;
mod routes;
#[cfg(test)]
mod scenes;
mod subscription_list;
mod typed_viewpoint;
mod viewpoint;
mod watch;

pub use peer_list::PeerList;
pub use routes::{Route, Routes};
pub use subscription_list::SubscriptionList;
pub use typed_viewpoint::{TypedPeers, TypedRoutes, TypedSubscriptions, TypedViewpoint};
pub use viewpoint::Viewpoint;
pub use watch::watch;
