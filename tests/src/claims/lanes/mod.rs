//! The claim `lanes`: while one lane's receiver is frozen and its sender goes on, the other lanes
//! take no longer than before.
//!
//! Over QUIC, on real clocks: requests go round in two lanes and, few of them, in a third. In the
//! middle of the run the handler of a fourth lane freezes, and events for it are published until it
//! is full and its receiver slow. What the others took meanwhile is compared with what they took
//! before and after in the same run.
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
