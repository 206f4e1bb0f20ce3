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
//! - `usage`, `sample`: what a run has used, and what it has shown
//! - `report`: the table and its JSON form

mod arguments;
mod cell;
mod client;
mod identity;
mod messages;
mod report;
mod sample;
mod server;
mod usage;

use std::process::ExitCode;

use arguments::{Arguments, Task};

/// An error of either process: there is nothing to do about it but to say it.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Runs what the command line asks for. `allocations` counts those of the process, if anything
/// does.
pub(crate) fn run(allocations: fn() -> Option<u64>) -> ExitCode {
    match begin(allocations) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn begin(allocations: fn() -> Option<u64>) -> Outcome<()> {
    let Arguments { task, settings } = Arguments::parse(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match task {
        Task::Nothing(why) => println!("{why}"),
        Task::Serve { folder, client } => {
            runtime.block_on(server::run(&folder, client, allocations))?;
        }
        Task::Measure => {
            let report = runtime.block_on(client::run(&settings, allocations))?;
            print!("{}", report.render(settings.json));
        }
    }
    Ok(())
}
