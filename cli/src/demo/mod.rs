//! `quibus demo`: a directory, services and real traffic between them, in one process.
//!
//! The [`Plan`] is all that will be measured, in order. Each subscriber has a [`Selection`] of it
//! and keeps a [`Tally`] of what arrived; a [`Delivery`] compares the two. [`SummaryLine`]s do the
//! same for the archive's answers. The [`DemoReport`] holds them all, decides, and prints.

mod delivery;
mod demo_report;
mod peer_line;
mod plan;
mod progress;
mod selection;
mod summary_line;
mod tally;

pub use delivery::Delivery;
pub use demo_report::DemoReport;
pub use peer_line::PeerLine;
pub use plan::{Plan, StationPlan};
pub use progress::Progress;
pub use selection::Selection;
pub use summary_line::SummaryLine;
pub use tally::Tally;
