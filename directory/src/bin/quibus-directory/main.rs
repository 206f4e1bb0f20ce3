//! `quibus-directory`: the directory server as a program, over QUIC.
//!
//! It reads its configuration, makes sure of its certificate and its data folder, serves, and
//! leaves cleanly when it is asked to. How it fares can be asked at its admin address, and systemd
//! is told by itself. Whatever goes wrong is one line on stderr and an exit status; what goes on is
//! logged on stdout.
//!
//! | module | what it settles |
//! | --- | --- |
//! | `arguments`, `settings` | what was asked for, in files, environment and flags |
//! | `program` | the life of a server: begin, serve, leave |
//! | `failure`, `exit_status` | why it ended, for people and for scripts |
//! | `renewals` | certificates that are renewed while it runs |
//! | `supervisor` | who wants to know how it is |
//! | `health`, `admin` | how it fares, and the pages that say so |
//! | `recorder`, `exposition`, `histogram` | what the bus counts, as Prometheus reads it |
//! | `logging` | the log |

mod admin;
mod arguments;
mod exit_status;
mod exposition;
mod failure;
mod health;
mod histogram;
mod logging;
mod program;
mod recorder;
mod renewals;
mod settings;
mod supervisor;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use exit_status::ExitStatus;
use failure::Failure;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.reference {
        true => print(&settings::reference()),
        false => program::run(&arguments),
    };
    match done {
        Ok(()) => ExitStatus::Clean.into(),
        Err(failure) => {
            // Nobody may be reading any more; the status says it too.
            let _ = io::stderr().write_all(failure.to_string().as_bytes());
            failure.status().into()
        }
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let written = io::stdout().write_all(text.as_bytes());
    written.map_err(|error| Failure::new(ExitStatus::Failed, format!("stdout: {error}")))
}
