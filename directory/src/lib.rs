//! The directory of a quibus: who is there and what they subscribe to.
//!
//! A directory server is an ordinary peer whose handlers answer the commands of
//! [`quibus::directory::contract`]. What it decides, it decides in plain functions of their input
//! and of the time handed to them; those are here first, without a clock, a link or a task:
//!
//! - [`State`] is the truth: a deterministic machine that turns [`Command`]s into [`Outcome`]s and
//!   changes. The same commands give the same state on every server.
//! - [`Door`] is the one way into it. It also keeps the latest changes, each encoded once, for
//!   those who follow.
//! - [`Attachments`] knows who follows and how far each has come: the barrier that `subscribe`,
//!   `start` and `stop` wait on.
//! - [`FailureDetector`] turns silence into proposals: silent, down, removed; and holds back when
//!   the fault is likelier its own.
//!
//! Around them stands one server on a bus: [`embed`] starts a [`Directory`] in any process. Its
//! [`DataFolder`] is what outlives that process.
//!
//! The program `quibus-directory` (feature `server`) is such a process, over QUIC. This library
//! knows no QUIC.

mod attachments;
mod change_ring;
mod command;
mod data_folder;
mod described_types;
mod door;
mod failure_detector;
mod failure_times;
mod outcome;
mod quotas;
mod record;
mod registration;
mod server;
mod state;
mod state_hash;
#[cfg(test)]
mod state_model;
#[cfg(test)]
mod state_rules;
mod type_library;
#[cfg(test)]
mod type_model;

pub use attachments::{Attachments, Barrier};
pub use change_ring::{After, ChangeRing};
pub use command::{Command, Condition, Newcomer, Transition};
pub use data_folder::{DataFolder, DataFolderError};
pub use door::{Committed, Door};
pub use failure_detector::{Alarm, FailureDetector, Verdict};
pub use failure_times::FailureTimes;
pub use outcome::{Outcome, Refusal};
pub use quotas::Quotas;
pub use server::{Directory, DirectoryConfig, DirectorySettings, LogFormat, LogSettings, embed};
pub use state::State;
pub use state_hash::StateHash;
