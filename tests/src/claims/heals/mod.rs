//! The claim that a bus heals by itself.
//!
//! A directory and services, each a process, talk to each other all the time. In every [`Order`] some
//! or all of them are killed, frozen or asked to stop, and come back; whoever was not touched is left
//! alone. Afterwards every `member` has to get replies from every other and events of every other
//! that were sent after the last came back, and has to see all of them up. Whoever is asked to stop
//! has to have ended long before the deadline of its stop, also while the directory is away. Each step
//! waits for a process to end, to print, or to be seen in a state.

mod cast;
mod heals_claim;
mod member;
mod order;

pub use heals_claim::Heals;
pub use order::{Fault, Order};
