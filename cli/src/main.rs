//! The `quibus` command line tool: reads the command line, does it, prints, ends.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use quibus::bus::Signals;
use quibus_cli::{Complaint, Printed, Request, Surroundings, Typed, log_to_stderr};
use tokio::runtime::{Builder, Runtime};

fn main() -> ExitCode {
    let typed = Typed::parse();
    let request = Request::new(&typed, &Surroundings::of_this_process());
    // A reader that went away, such as `head`, has read what it wanted.
    match request.and_then(|request| perform(&request)) {
        Ok(Printed { text, status }) => {
            let _ = anstream::stdout().write_all(text.as_bytes());
            status.into()
        }
        Err(complaint) => {
            let text = complaint.render(typed.output);
            let _ = anstream::stderr().write_all(text.as_bytes());
            complaint.status().into()
        }
    }
}

fn perform(request: &Request) -> Result<Printed, Complaint> {
    log_to_stderr()?;
    let runtime = runtime(request).map_err(|cause| {
        let help = "allow more open files (`ulimit -n`) and threads (`ulimit -u`)";
        Complaint::new("cannot start threads", help).because(&cause)
    })?;
    runtime.block_on(request.perform(&mut anstream::stdout()))
}

fn runtime(request: &Request) -> io::Result<Runtime> {
    match request {
        // It is to say what is wrong where a bus could not even begin.
        Request::Doctor(_) => Signals::check_room_without_bus()?,
        _ => Signals::check_room()?,
    }
    Builder::new_multi_thread().enable_all().build()
}
