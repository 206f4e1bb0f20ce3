//! The processes, and what is done to them.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use quibus::id::Name;
use quibus::{Identity, PeerId};
use quibus_certs::issue::{DevelopmentCa, Validity};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use super::super::claim::Untried;
use super::super::companion::Companion;
use super::super::programs::Programs;
use super::super::workspace;
use super::member::{LIVE, WELL};
use super::order::{Fault, Order};

const DIRECTORY: &str = "Directory.0";
/// Far more than any step takes, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);
/// Whoever is told to end has ended by then: far more than that takes, also without a directory, and
/// less than the 20 s that a stop may take.
const END: Duration = Duration::from_secs(12);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// The directory and the services, and the tool by which an operator looks.
pub(super) struct Cast {
    folder: TempDir,
    program: PathBuf,
    address: String,
    /// The directory first.
    processes: Vec<Companion>,
    tool: PathBuf,
    rounds: u32,
    slowest_end: Duration,
}

impl Cast {
    /// Starts a directory and this many services.
    pub(super) async fn start(programs: &Programs, services: usize) -> Result<Self, Untried> {
        let folder = tempfile::tempdir()?;
        certify(folder.path(), services)?;
        let program = programs.file("quibus-directory")?.to_owned();
        let first = directory(&program, folder.path(), "127.0.0.1:0")?;
        let address = serving(&first).await?;
        let mut cast = Self {
            tool: programs.file("quibus")?.to_owned(),
            folder,
            program,
            address,
            processes: vec![first],
            rounds: 0,
            slowest_end: Duration::ZERO,
        };
        for number in 1..=services {
            let service = cast.service(number, services)?;
            service.line_with(LIVE).await?;
            cast.processes.push(service);
        }
        Ok(cast)
    }

    /// Waits until all services say that all is well; how long that took.
    pub(super) async fn recover(&mut self) -> Result<Duration, Untried> {
        self.rounds += 1;
        let began = Instant::now();
        let word = format!("round-{}", self.rounds);
        for service in &mut self.processes[1..] {
            service.tell(&word).await?;
        }
        for service in &self.processes[1..] {
            service.line_with(&format!("{WELL} {word}")).await?;
        }
        Ok(began.elapsed())
    }

    /// Does to the processes what an order says; all are back when it returns.
    pub(super) async fn suffer(&mut self, order: &Order) -> Result<(), Untried> {
        for &at in &order.down {
            self.take_down(order.fault, at).await?;
        }
        // Whoever is frozen for a moment only has hardly been away.
        if order.fault == Fault::Frozen && !order.takes_the_directory() {
            self.are_silent(&order.down).await?;
        }
        for &at in &order.up {
            self.bring_back(order.fault, at).await?;
        }
        Ok(())
    }

    /// Waits until an operator sees that these are silent.
    async fn are_silent(&self, these: &[usize]) -> Result<(), Untried> {
        let end = Instant::now() + LIMIT;
        loop {
            let mut command = Command::new(&self.tool);
            command
                .args(["peers", "-o", "json", "--directory", &self.address])
                .args(["--certificate", "operator-ann.pem"])
                .args(["--key", "operator-ann.key", "--ca", "ca.pem"])
                .env("QUIBUS_HOME", "home")
                .current_dir(self.folder.path())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            let output = workspace::finish(&mut command, LIMIT).await?;
            let seen: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            let is_silent = |at: &usize| {
                let peers = seen["items"].as_array().into_iter().flatten();
                let mut known = peers.filter(|peer| peer["peer"] == name(*at));
                known.any(|peer| peer["state"] == "silent")
            };
            if these.iter().all(is_silent) {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(format!("{these:?} were never silent: {seen}").into());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn take_down(&mut self, fault: Fault, at: usize) -> Result<(), Untried> {
        let process = &mut self.processes[at];
        match fault {
            Fault::Frozen => return process.signal("-STOP").await,
            Fault::Killed => process.signal("-KILL").await?,
            Fault::Stopped => process.signal("-TERM").await?,
        }
        let began = Instant::now();
        process.end().await?;
        self.slowest_end = self.slowest_end.max(began.elapsed());
        if self.slowest_end > END {
            let name = name(at);
            return Err(format!("{name} took {:?} to end", self.slowest_end).into());
        }
        Ok(())
    }

    /// How long the slowest took to end that was told to.
    pub(super) fn slowest_end(&self) -> Duration {
        self.slowest_end
    }

    async fn bring_back(&mut self, fault: Fault, at: usize) -> Result<(), Untried> {
        if fault == Fault::Frozen {
            return self.processes[at].signal("-CONT").await;
        }
        let services = self.processes.len() - 1;
        self.processes[at] = match at {
            0 => directory(&self.program, self.folder.path(), &self.address)?,
            _ => self.service(at, services)?,
        };
        Ok(())
    }

    fn service(&self, number: usize, services: usize) -> Result<Companion, Untried> {
        let others = (1..=services).filter(|other| *other != number).map(name);
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["heals", "--part", &name(number)])
            .arg(self.folder.path())
            .arg(&self.address)
            .args(others);
        Companion::start(&name(number), command)
    }
}

fn name(at: usize) -> String {
    match at {
        0 => DIRECTORY.into(),
        number => format!("Member.{number}"),
    }
}

fn directory(program: &Path, folder: &Path, listen: &str) -> Result<Companion, Untried> {
    let mut command = Command::new(program);
    command
        .args(["--data", "data", "--listen", listen, "--admin", ""])
        .args(["--certificate", "directory-Directory.0.pem"])
        .args(["--key", "directory-Directory.0.key", "--ca", "ca.pem"])
        .args(["--set", "directory.silent_after=1s"])
        .args(["--log-format", "json"])
        .env_clear()
        .current_dir(folder);
    Companion::start(DIRECTORY, command)
}

async fn serving(directory: &Companion) -> Result<String, Untried> {
    let line = directory.line_with("\"serving\"").await?;
    let line: serde_json::Value = serde_json::from_str(&line)?;
    let address = line["address"].as_str();
    Ok(address.ok_or("the directory serves nowhere")?.to_owned())
}

fn certify(folder: &Path, services: usize) -> Result<(), Untried> {
    let ca = DevelopmentCa::create("claim", DevelopmentCa::VALID_FOR)?;
    let mut identities = vec![
        Identity::Directory(PeerId::new(DIRECTORY)?),
        Identity::Operator(Name::new("ann")?),
    ];
    for number in 1..=services {
        identities.push(Identity::Peer(PeerId::new(&name(number))?));
    }
    for identity in &identities {
        ca.issue(identity, Validity::default())?.save(folder)?;
    }
    Ok(())
}
