//! The claim `delivery`: three senders, three receivers and three lanes, under every fault that a
//! network and a restart make: nothing is lost, doubled or reordered, and every outcome is true. In
//! an unsequenced lane beside them commands are lost, never doubled, and every outcome is true.
//!
//! The senders publish numbered events, each to some of the receivers, and send commands to one,
//! in three lanes. A driver, seeded, cuts links at any byte, holds back what goes one way or both,
//! restarts receivers and changes addresses; at the end it freezes one subscriber until events for
//! it are skipped. Then the faults stop and everything has to drain within a bound. What happened
//! is a [history](crate::history), and that is judged.
//!
//! The same trial runs over every [`World`](crate::worlds::World): over the network in memory in
//! virtual time, where a seed repeats all that our code does, and over QUIC through relays.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `delivery_claim` | the claim: its worlds and figures |
//! | `trial` | one world: faults, the liveness phase, stopping, what was found |
//! | `virtual_time` | a trial in memory that its seed repeats |
//! | `driver` | does faults and counts what really happened |
//! | `fault` | the kinds of faults |
//! | `cast` | the peers and their runs |
//! | `orders` | what the driver has them do |
//! | `feed` | what one sender sends in one lane |
//! | `vote_feed` | what one sender asks in the unsequenced lane |
//! | `lane`, `contract` | the lanes: their messages and handlers |

mod cast;
mod contract;
mod delivery_claim;
mod driver;
mod fault;
mod feed;
mod lane;
mod orders;
mod trial;
mod virtual_time;
mod vote_feed;

pub use delivery_claim::Delivery;
pub use trial::{Found, Plan, run};
pub use virtual_time::run_in_memory;
