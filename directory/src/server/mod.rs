//! The async half: one directory server on an ordinary bus.
//!
//! The pure parts decide; here is only what has to wait. Whatever comes in goes through the
//! [`Desk`], a lock around all of them that is never held across an `await`: it applies a command,
//! feeds the server's own bus before anybody else hears of the change, and keeps the books. Two
//! signals go out from it: *something changed*, for the followers, and *somebody came further*,
//! for those who wait at a barrier.
//!
//! - [`Directory`], [`DirectoryConfig`], [`embed`]: what a program holds in its hand.
//! - [`DirectorySettings`], [`LogSettings`]: what a configuration says of it.
//! - [`Server`]: the desk, its signals, and the verbs of the handlers.
//! - `handlers`: from the contracts to those verbs.
//! - [`Follower`]: a task for each attached peer, with one batch in flight.
//! - `watchman`: looks four times a second for who has fallen silent.
//! - [`UpdatePace`], [`NumberClock`], `reachable`, [`next_start_number`]: small decisions, pure.

mod desk;
mod directory;
mod directory_config;
mod directory_settings;
mod follower;
mod handlers;
mod log_settings;
mod number_clock;
mod number_keeper;
mod reachable;
mod server;
mod server_tasks;
mod start_number;
mod update_pace;
mod watchman;

pub use directory::{Directory, embed};
pub use directory_config::DirectoryConfig;
pub use directory_settings::DirectorySettings;
pub use log_settings::{LogFormat, LogSettings};

use desk::Desk;
use follower::Follower;
use number_clock::NumberClock;
use server::Server;
use start_number::next_start_number;
pub(crate) use start_number::now_ms;
use update_pace::UpdatePace;
