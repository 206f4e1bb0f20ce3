//! The `quibus` command line tool: reads the command line, prints, ends.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use quibus_cli::{ExitStatus, Request, Typed, version};

fn main() -> ExitCode {
    let typed = Typed::parse();
    let text = match Request::new(&typed) {
        Request::Version(form) => version::render(form),
    };
    // A reader that went away, such as `head`, has read what it wanted.
    let _ = anstream::stdout().write_all(text.as_bytes());
    ExitStatus::Done.into()
}
