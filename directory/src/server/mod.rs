//! The async half: one directory server on an ordinary bus.
//!
//! The pure parts decide; here is only what has to wait. Whatever comes in goes through the
//! [`Desk`], a lock around all of them that is never held across an `await`: it applies a command,
//! feeds the server's own bus before anybody else hears of the change, and keeps the books. Two
//! signals go out from it: *something changed*, for the followers, and *somebody came further*,
//! for those who wait at a barrier.
//!
//! - [`Directory`], [`DirectoryConfig`], [`embed`]: what a program holds in its hand.
//! - [`Server`]: the desk, its signals, and the verbs of the handlers.
//! - `handlers`: from the contracts to those verbs.
//! - [`Follower`]: a task for each attached peer, with one batch in flight.
//! - `watchman`: looks four times a second for who has fallen silent.
//! - [`UpdatePace`], `reachable`, [`next_start_number`]: small decisions, pure.

mod desk;
mod directory;
mod directory_config;
mod follower;
mod handlers;
mod reachable;
mod server;
mod start_number;
mod update_pace;
mod watchman;

pub use directory::{Directory, embed};
pub use directory_config::DirectoryConfig;

use desk::Desk;
use follower::Follower;
use server::Server;
use start_number::next_start_number;
use update_pace::UpdatePace;
