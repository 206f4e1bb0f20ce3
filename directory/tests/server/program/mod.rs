//! The program `quibus-directory` as a process: its life, its pages, its errors.
//!
//! Nothing here sleeps to let something happen: each step waits for a line of the log, an answer
//! or an end, at most [`LIMIT`].

mod faults;
mod installation;
mod life;
mod pages;
mod process;

use std::time::Duration;

use installation::Installation;
use process::Process;

/// Far more than any step takes, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);
