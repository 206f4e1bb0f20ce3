//! `quibus demo`: a directory, services and real traffic between them, in one process.
//!
//! The [`Plan`] is all that will be measured, in order. Each subscriber has a [`Selection`] of it
//! and keeps a [`Tally`] of what arrived; a [`Delivery`] compares the two. [`SummaryLine`]s do the
//! same for the archive's answers. The [`DemoReport`] holds them all, decides, and prints.
//!
//! All of that is pure. Around it stand the peers: [`run`] starts the [`Cast`] on a [`Loopback`],
//! each [`Subscriber`] with an [`Observer`], waits for the [`Arrivals`], and stops them all before
//! it judges.

mod arrivals;
mod cast;
mod delivery;
mod demo_options;
mod demo_report;
mod loopback;
mod observer;
mod peer_line;
mod plan;
mod progress;
mod run;
mod selection;
mod subscriber;
mod summary_line;
mod tally;

pub use arrivals::Arrivals;
pub use cast::Cast;
pub use delivery::Delivery;
pub use demo_options::DemoOptions;
pub use demo_report::DemoReport;
pub use loopback::Loopback;
pub use observer::{Observer, Span};
pub use peer_line::PeerLine;
pub use plan::{Plan, StationPlan};
pub use progress::Progress;
pub use run::run;
pub use selection::Selection;
pub use subscriber::{Got, Subscriber};
pub use summary_line::SummaryLine;
pub use tally::Tally;
