//! What was typed after `quibus bench`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

/// What is measured.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  quibus bench latency
  quibus bench throughput --runs 7 --time 600ms
  quibus bench fanout -o json | jq '.items[].ratio.median'")]
pub enum TypedBench {
    /// One command after the other, and how long each takes to come back.
    Latency(TypedPace),
    /// Commands and events as fast as they go, in three sizes.
    Throughput(TypedPace),
    /// Events to eight peers at once.
    Fanout(TypedPace),
    /// Receive what another process measures.
    #[command(hide = true)]
    Serve {
        /// Where the certificates are.
        folder: PathBuf,
        /// Where the other process is.
        client: SocketAddr,
        /// Which implementation of the cryptography it uses.
        provider: String,
        /// Which threads it has.
        layout: String,
    },
}

/// How often and how long it is measured.
#[derive(Debug, Clone, Args)]
pub struct TypedPace {
    /// How often each is measured.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub runs: u16,

    /// How long each run takes.
    #[arg(long, value_name = "TIME", default_value = "300ms", value_parser = humantime::parse_duration)]
    pub time: Duration,
}
