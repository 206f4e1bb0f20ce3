//! What the benchmarks have in common: the command line, and the two processes.

mod arguments;

use std::io::Write;
use std::process::ExitCode;

use arguments::{Arguments, Task};
use quibus_yardstick::{Cell, Outcome, Server, ServerProgram, measure, race};

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
    let Arguments {
        task,
        settings,
        json,
    } = Arguments::parse(std::env::args().skip(1), cells)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let server = ServerProgram(vec!["--server".into()]);
    match task {
        Task::Nothing(why) => println!("{why}"),
        Task::Serve {
            folder,
            client,
            provider,
            layout,
        } => runtime.block_on(async {
            let server = Server::start(&folder, client, provider, layout, allocations).await?;
            let mut out = std::io::stdout();
            out.write_all(server.line().as_bytes())?;
            out.flush()?;
            server.serve().await
        })?,
        Task::Measure => {
            let report = match program {
                Program::Bus => {
                    let report = runtime.block_on(measure(&settings, &server, allocations))?;
                    report.render(json)
                }
                Program::Providers => {
                    let report = runtime.block_on(race(&settings, &server))?;
                    report.render(json)
                }
            };
            print!("{report}");
        }
    }
    Ok(())
}
