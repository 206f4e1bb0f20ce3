//! Measures the bus beside raw QUIC, in the same run and over the same kind of link.
//!
//! Two processes, each with a single thread: this one sends, a second run of the same program (with
//! `--server`) receives. A *cell* is one thing that is measured; it is run on either side in turn,
//! so that what else the machine does hits both, and the figures that count are the ratios of the
//! pairs.
//!
//! - `arguments`: what may be asked for
//! - `cell`: what is measured, and against which baseline
//! - `messages`: what travels, and its handlers
//! - `identity`: certificates of the two processes, and how their buses learn of each other
//! - `server`, `client`: the two processes
//! - `users`: their threads, where there are several
//! - `handshakes`: links made for the sake of it
//! - `usage`, `sample`: what a run has used, and what it has shown
//! - `report`: the table and its JSON form
//! - `race`: the same cells with one provider of cryptography after the other

mod arguments;
mod cell;
mod client;
mod handshakes;
mod identity;
mod messages;
mod race;
mod report;
mod sample;
mod server;
mod usage;
mod users;

use std::process::ExitCode;

use arguments::{Arguments, Task};
use cell::Cell;

/// An error of either process: there is nothing to do about it but to say it.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Runs what the command line asks for. `allocations` counts those of the process, if anything
/// does.
#[allow(dead_code, reason = "each of the programs calls one of the two")]
pub(crate) fn run(allocations: fn() -> Option<u64>) -> ExitCode {
    end(begin(Program::Bus, allocations))
}

/// Compares the providers of cryptography.
#[allow(dead_code, reason = "each of the programs calls one of the two")]
pub(crate) fn run_providers() -> ExitCode {
    end(begin(Program::Providers, || None))
}

/// What this program measures.
#[derive(Clone, Copy)]
enum Program {
    Bus,
    Providers,
}

fn end(outcome: Outcome<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn begin(program: Program, allocations: fn() -> Option<u64>) -> Outcome<()> {
    let cells = match program {
        Program::Bus => Cell::ALL,
        Program::Providers => Cell::OF_PROVIDERS,
    };
    let Arguments { task, settings } = Arguments::parse(std::env::args().skip(1), cells)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match task {
        Task::Nothing(why) => println!("{why}"),
        Task::Serve {
            folder,
            client,
            provider,
            layout,
        } => {
            let users = users::Users::new(layout)?;
            runtime.block_on(server::run(&folder, client, provider, &users, allocations))?;
        }
        Task::Measure => {
            let report = match program {
                Program::Bus => {
                    let report = runtime.block_on(client::run(&settings, allocations))?;
                    report.render(settings.json)
                }
                Program::Providers => {
                    let report = runtime.block_on(race::run(&settings))?;
                    report.render(settings.json)
                }
            };
            print!("{report}");
        }
    }
    Ok(())
}
