//! Measures the bus beside raw QUIC, in the same run and over the same kind of link.
//!
//! Two processes, each with a single thread: this one sends, a second one, which the program that
//! measures starts of itself, receives ([`Server`]). A [`Cell`] is one thing that is measured; it is
//! run on either side in turn, so that what else the machine does hits both, and the figures that
//! count are the ratios of the pairs.
//!
//! - [`Cell`]: what is measured, and against which baseline
//! - [`Settings`]: how long, how often, which of them
//! - [`measure`]: all of that, into a [`Report`]
//! - [`race`]: the same cells with one provider of cryptography after the other
//! - [`Server`], [`ServerProgram`]: the process that receives, and how it is started
//!
//! It needs a `current_thread` runtime: with more threads both sides wait for each other's
//! processors, and it is the machine that is measured.

mod cell;
mod client;
mod handshakes;
mod identity;
mod messages;
mod race;
mod report;
mod sample;
mod server;
mod server_program;
mod settings;
mod usage;
mod users;

pub use cell::Cell;
pub use client::measure;
pub use race::{Race, race};
pub use report::{Line, Report};
pub use server::Server;
pub use server_program::ServerProgram;
pub use settings::{Layout, Settings, Side};

/// An error of either process: there is nothing to do about it but to say it.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
