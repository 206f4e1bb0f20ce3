//! Where the document's commands are typed.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;

use super::super::claim::Untried;
use super::super::companion::Companion;
use super::super::programs::Programs;
use super::super::workspace;
use super::document::Step;
use super::pattern::{Pattern, matches};

/// Whoever takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);
/// Where the document's directory listens. Here it is a free port, so that nothing that runs on this
/// machine is in the way; what is printed is compared as if it were this one.
const USUAL: &str = "127.0.0.1:7465";

/// A user's home, and what runs there.
pub(super) struct Stage {
    home: TempDir,
    programs: Programs,
    running: Vec<(String, Companion)>,
    /// Where the directory listens here.
    address: String,
}

impl Stage {
    /// How a command begins that installs what is built before.
    pub(super) const INSTALLS: &str = "cargo install";

    pub(super) fn new(programs: Programs) -> Result<Self, Untried> {
        Ok(Self {
            home: tempfile::tempdir()?,
            programs,
            running: Vec::new(),
            address: USUAL.into(),
        })
    }

    /// Does a step; what is wrong with it, if anything.
    pub(super) async fn play(&mut self, step: &Step) -> Result<Option<String>, Untried> {
        match step {
            Step::Type {
                command,
                goes_on: true,
                prints,
                ..
            } => {
                let words = self.words(command)?;
                let started = self.command(&words)?;
                self.running
                    .push((command.clone(), Companion::start(command, started)?));
                self.sees(command, prints).await
            }
            Step::Type {
                command,
                code,
                prints,
                ..
            } => self.typed(command, *code, prints).await,
            Step::Meanwhile {
                command, prints, ..
            } => self.sees(command, prints).await,
            Step::Stop {
                command, prints, ..
            } => {
                self.running_as(command)?.signal("-INT").await?;
                let fault = self.sees(command, prints).await?;
                let at = self.running.iter().position(|(name, _)| name == command);
                let (_, mut stopped) = self.running.remove(at.unwrap_or_default());
                let status = stopped.end().await?;
                let unwell = (!status.success()).then(|| format!("it ended with {status}"));
                Ok(fault.or(unwell))
            }
        }
    }

    async fn typed(
        &mut self,
        command: &str,
        code: i32,
        prints: &Pattern,
    ) -> Result<Option<String>, Untried> {
        let words = self.words(command)?;
        if words.is_empty() {
            return Ok(None);
        }
        let mut typed = self.command(&words)?;
        typed.stdin(Stdio::null());
        typed.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = workspace::finish(&mut typed, LIMIT).await?;
        let said = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let printed = self.usual(&(printed + &said));
        if output.status.code() != Some(code) {
            let status = output.status;
            return Ok(Some(format!(
                "it ended with {status}, not {code}: {printed}"
            )));
        }
        Ok(prints.fault(&printed))
    }

    /// Waits until what runs has printed all of this, in this order.
    async fn sees(&mut self, command: &str, prints: &Pattern) -> Result<Option<String>, Untried> {
        for shown in prints.lines() {
            // What a line has before its first ellipsis is enough to wait for it.
            loop {
                let running = self.running_as(command)?;
                let line = running.line_with("").await;
                let line = line.map_err(|reason| format!("{shown:?} does not come: {reason}"))?;
                if let Some((_, address)) = line.split_once("Directory.0 at ")
                    && command.starts_with("quibus up")
                {
                    self.address = address.trim_end_matches(", in memory").to_owned();
                }
                if matches(shown, &self.usual(&line)) {
                    break;
                }
            }
        }
        Ok(None)
    }

    fn running_as(&self, command: &str) -> Result<&Companion, Untried> {
        let found = self.running.iter().find(|(name, _)| name == command);
        let found = found.map(|(_, running)| running);
        found.ok_or_else(|| format!("`{command}` does not run").into())
    }

    fn usual(&self, printed: &str) -> String {
        printed.replace(&self.address, USUAL).replace(
            &self.home.path().display().to_string(),
            "~/.local/share/quibus",
        )
    }

    /// The program that a command means, and its arguments; nothing if it is there already: whatever
    /// the document builds or installs is built before.
    fn words(&self, command: &str) -> Result<Vec<String>, Untried> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let (program, arguments) = match &words[..] {
            ["cargo", "install", "--path", path] => {
                let manifest = workspace::root().join(path).join("Cargo.toml");
                if !manifest.exists() {
                    return Err(format!("there is no package in {path}").into());
                }
                return Ok(Vec::new());
            }
            ["cargo", "run", "-p", _, "--bin", program, rest @ ..] => (*program, rest),
            [program, rest @ ..] => (*program, rest),
            [] => return Err("a block without a command".into()),
        };
        let rest = arguments.strip_prefix(&["--"]).unwrap_or(arguments);
        let mut words = vec![program.to_owned()];
        // Quotes hold no blanks in this document.
        words.extend(rest.iter().map(|word| word.trim_matches('\'').to_owned()));
        if words == ["quibus", "up"] {
            words.extend(["--listen", "127.0.0.1:0"].map(str::to_owned));
        }
        Ok(words)
    }

    fn command(&self, words: &[String]) -> Result<Command, Untried> {
        let [program, arguments @ ..] = words else {
            return Err("no program".into());
        };
        let file: PathBuf = self.programs.file(program)?.to_owned();
        let mut command = Command::new(file);
        command
            .args(arguments)
            .env_clear()
            .env("QUIBUS_HOME", self.home.path())
            .current_dir(self.home.path());
        Ok(command)
    }
}
