//! One directory server and several buses in one process, over a network in memory and mostly in
//! virtual time.

mod messages;
mod town;

mod crowd;
mod endings;
mod failures;
mod meeting;
mod restarts;
mod subscriptions;
mod twins;
