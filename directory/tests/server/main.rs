//! One directory server and several buses in one process, over a network in memory and mostly in
//! virtual time; and the program, as a process of its own over QUIC.

mod messages;
mod town;

mod attachments;
mod configuration;
mod crowd;
mod debts;
mod endings;
mod failures;
mod half_subscribed;
mod meeting;
mod observers;
#[cfg(all(feature = "server", unix))]
mod program;
mod restarts;
mod subscriptions;
mod twins;
mod types;
