//! The log, on stdout.

use std::io::{self, IsTerminal};

use quibus_directory::LogFormat;
use tracing_subscriber::EnvFilter;

/// Begins to log.
pub(crate) fn begin(format: LogFormat, filter: EnvFilter) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stdout);
    match format {
        LogFormat::Json => builder.json().flatten_event(true).init(),
        LogFormat::Text => builder.with_ansi(colours()).init(),
    }
}

fn colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !unwanted
}
