//! Measures the bus beside raw QUIC.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use quibus_yardstick::{Cell, Layout, Outcome, Report, Server, ServerProgram, Settings, measure};

use super::bench_table;
use crate::complaint::Complaint;
use crate::output_form::OutputForm;
use crate::printed::Printed;

/// Measures the bus beside raw QUIC, on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bench {
    /// What is measured.
    pub subject: Subject,
    /// How often each is measured.
    pub runs: usize,
    /// How long each run takes.
    pub time: Duration,
    /// The form of the output.
    pub output: OutputForm,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// One command after the other.
    Latency,
    /// As much as goes.
    Throughput,
    /// Events to many peers.
    Fanout,
}

impl Subject {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Throughput => "throughput",
            Self::Fanout => "fanout",
        }
    }

    fn cells(self) -> &'static [&'static str] {
        match self {
            Self::Latency => &["rr1"],
            Self::Throughput => &["rr64", "oneway-128", "oneway-1k", "oneway-64k"],
            Self::Fanout => &["fanout-8"],
        }
    }
}

impl Bench {
    /// The words by which the tool starts itself as the process that receives.
    pub const SERVE: [&str; 2] = ["bench", "serve"];

    /// Measures, for a few seconds.
    ///
    /// # Errors
    /// If something could not be measured.
    pub async fn perform(&self) -> Result<Printed, Complaint> {
        if cfg!(debug_assertions) {
            let text = "note: this tool was built without --release; what it measures is slow\n";
            let _ = anstream::stderr().write_all(text.as_bytes());
        }
        let this = self.clone();
        // On a thread of its own with a runtime of its own: several would be measured as well.
        let measured = tokio::task::spawn_blocking(move || this.measure()).await;
        let report = match measured {
            Ok(Ok(report)) => report,
            Ok(Err(cause)) => return Err(unmeasured(cause.to_string())),
            Err(cause) => return Err(unmeasured(cause.to_string())),
        };
        let lines = report
            .lines()
            .iter()
            .map(bench_table::Measured::of)
            .collect();
        Ok(Printed::done(bench_table::render(
            self.subject,
            lines,
            self.output,
        )))
    }

    fn measure(&self) -> Outcome<Report> {
        let named = |name: &&str| Cell::named(name, Cell::ALL);
        let cells: Outcome<Vec<Cell>> = self.subject.cells().iter().map(named).collect();
        let settings = Settings {
            runs: self.runs,
            time: self.time,
            cells: cells?,
            only: None,
            layout: Layout::One,
            decode: false,
        };
        let server = ServerProgram(Self::SERVE.map(str::to_owned).into());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(measure(&settings, &server, || None))
    }
}

/// The process that receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serve {
    /// Where the certificates are.
    pub folder: PathBuf,
    /// Where the process that measures is.
    pub client: SocketAddr,
    /// Which implementation of the cryptography it uses.
    pub provider: String,
    /// Which threads it has.
    pub layout: String,
}

impl Serve {
    /// Serves until the process that measures ends.
    ///
    /// # Errors
    /// If it cannot be started.
    pub async fn perform(&self) -> Result<Printed, Complaint> {
        let this = self.clone();
        let served = tokio::task::spawn_blocking(move || this.serve()).await;
        match served {
            Ok(Ok(())) => Ok(Printed::done(String::new())),
            Ok(Err(cause)) => Err(unmeasured(cause.to_string())),
            Err(cause) => Err(unmeasured(cause.to_string())),
        }
    }

    fn serve(&self) -> Outcome<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let provider = self.provider.parse()?;
            let layout = Layout::named(&self.layout)?;
            let server = Server::start(&self.folder, self.client, provider, layout, || None);
            let server = server.await?;
            let mut out = std::io::stdout();
            out.write_all(server.line().as_bytes())?;
            out.flush()?;
            server.serve().await
        })
    }
}

fn unmeasured(cause: String) -> Complaint {
    let help = "see with `quibus doctor` what this machine does not grant";
    Complaint::new("nothing could be measured", help).since(cause)
}
