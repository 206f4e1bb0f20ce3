//! The claim `lanes`: while one lane's receiver is frozen and its sender goes on, and while bodies
//! of 64 MiB move, the other lanes take at most twice as long as before.
//!
//! Over QUIC, on real clocks: requests go round in two lanes and, few of them, in a third. In the
//! middle of the run the handler of a fourth lane freezes, and events for it are published until it
//! is full and its receiver slow; later bodies move between the two processes, one after the
//! other. What the others took meanwhile is compared with what they took in the calm before,
//! between and after.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `lanes_claim` | the claim, its phases and its table |
//! | `round_trips` | what requests took |
//! | `contract` | the messages and their handlers |

mod contract;
mod lanes_claim;
mod round_trips;

pub use lanes_claim::Lanes;
