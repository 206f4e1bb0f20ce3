//! The `quibus` command line tool: reads the command line, does it, prints, ends.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use quibus_cli::{Complaint, Printed, Request, Surroundings, Typed, log_to_stderr};

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
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| {
            Complaint::new("cannot start threads", "see if a limit forbids it").because(&cause)
        })?;
    runtime.block_on(request.perform(&mut anstream::stdout()))
}
