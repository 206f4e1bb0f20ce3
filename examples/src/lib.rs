//! What the runnable programs of this package share.
//!
//! The programs themselves are in `src/bin/`; one that has several parts has a folder there.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`greet`] | what the hello programs say to each other |
//! | [`echo`] | what the echo service is asked, by its own client and by the gateway |
//! | `guide` | the Rust of the guide in `docs/`, with its tests; only for tests |
//! | [`weather`] | a year of real temperatures, the messages that carry them, an archive of months |

pub mod echo;
pub mod greet;
#[cfg(test)]
mod guide;
mod start;
mod usage;
pub mod weather;

pub use start::start;
pub use usage::Usage;
