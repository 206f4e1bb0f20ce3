//! The claim that `quibus demo` delivers every measurement exactly once to whoever wants it.
//!
//! The demo checks itself, but a program that says of itself that it is right proves little. So
//! its report is compared with [`Expectation`]s worked out here from the files alone, by a reader
//! that shares no code with the demo.

mod demo_claim;
mod expectation;
mod report;

pub use demo_claim::Demo;
pub use expectation::{Expectation, Figures};
pub use report::{Delivery, Peer, Report, Summary};
