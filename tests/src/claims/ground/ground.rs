//! Where programs meet what is wrong.

use std::collections::BTreeMap;
use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;

use super::super::claim::Untried;
use super::super::companion::Companion;
use super::super::programs::Programs;
use super::super::workspace;
use super::case::Case;
use super::certificates::{BOTH, certify};

/// Whoever takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);
/// Stands for the program in which a part of this claim is played.
const PART: &str = "prove";

/// A folder with certificates of every wrong kind, of which each case gets a copy, and addresses
/// with somebody or nobody behind them: `{directory}` is one whose CA is that of the folder,
/// `{stranger}` is of another CA, `{lenient}` trusts two, `{greeter}` is the service, `{silent}` never answers, `{free}` is
/// nobody's, and `{tcp}` is taken for TCP.
pub struct Ground {
    folder: TempDir,
    programs: Programs,
    /// Words in a table, and what they stand for.
    words: BTreeMap<&'static str, String>,
    _held: (UdpSocket, TcpListener),
    running: Vec<Companion>,
}

impl Ground {
    /// Prepares it, with directories and a service that run.
    pub async fn prepare(programs: Programs) -> Result<Self, Untried> {
        let folder = tempfile::tempdir()?;
        certify(folder.path())?;
        // Takes packets and says nothing; a port that is taken, too.
        let silent = UdpSocket::bind("127.0.0.1:0")?;
        let tcp = TcpListener::bind("127.0.0.1:0")?;
        let free = UdpSocket::bind("127.0.0.1:0")?.local_addr()?;
        let words = BTreeMap::from([
            ("{silent}", silent.local_addr()?.to_string()),
            ("{tcp}", tcp.local_addr()?.to_string()),
            ("{free}", free.to_string()),
        ]);
        let mut ground = Self {
            folder,
            programs,
            words,
            _held: (silent, tcp),
            running: Vec::new(),
        };
        let at = ground.directory("{directory}", ".", "ca.pem").await?;
        ground.directory("{stranger}", "other", "ca.pem").await?;
        ground.directory("{lenient}", ".", BOTH).await?;
        ground.greeter(&at).await?;
        Ok(ground)
    }

    /// Takes in something that runs until the end; `word` stands for its address in tables.
    pub fn take_in(&mut self, word: &'static str, address: String, companion: Companion) {
        self.words.insert(word, address);
        self.running.push(companion);
    }

    /// The folder from which cases get their copies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The programs.
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Starts a directory with the certificates of a place; where it listens.
    pub async fn directory(
        &mut self,
        word: &'static str,
        place: &str,
        ca: &str,
    ) -> Result<String, Untried> {
        let mut command = Command::new(self.programs.file("quibus-directory")?);
        let data = format!("running/{}", word.trim_matches(['{', '}']));
        command
            .args(["--data", &data, "--listen", "127.0.0.1:0"])
            .args(["--admin", "", "--log-format", "json", "--ca", ca])
            .args(["--certificate", "directory-Directory.0.pem"])
            .args(["--key", "directory-Directory.0.key"])
            .env_clear()
            .current_dir(self.folder().join(place));
        fs::create_dir_all(self.folder().join(place).join("running"))?;
        let directory = Companion::start("quibus-directory", command)?;
        let line = directory.line_with("\"serving\"").await?;
        let line: serde_json::Value = serde_json::from_str(&line)?;
        let address = line["address"].as_str().ok_or("it serves nowhere")?;
        self.take_in(word, address.to_owned(), directory);
        Ok(address.to_owned())
    }

    /// Starts `hello_service` as `Greeter.9`; it is known to the directory when this returns. What
    /// is returned watches who is there.
    pub async fn greeter(&mut self, directory: &str) -> Result<Companion, Untried> {
        let mut command = Command::new(self.programs.file("hello_service")?);
        let settings = [
            ("QUIBUS_HOME", "home"),
            ("QUIBUS_BUS__DIRECTORIES", directory),
            ("QUIBUS_BUS__INSTANCE", "9"),
            ("QUIBUS_QUIC__LISTEN", "127.0.0.1:0"),
            ("QUIBUS_QUIC__CA", "ca.pem"),
            ("QUIBUS_QUIC__CERTIFICATE", "peer-Greeter.9.pem"),
            ("QUIBUS_QUIC__KEY", "peer-Greeter.9.key"),
        ];
        command
            .env_clear()
            .envs(settings)
            .current_dir(self.folder());
        self.running
            .push(Companion::start("hello_service", command)?);
        let mut watch = Command::new(self.programs.file("quibus")?);
        watch
            .args(["peers", "--watch", "--ca", "ca.pem"])
            .args(["--directory", directory])
            .args(["--certificate", "operator-ann.pem"])
            .args(["--key", "operator-ann.key"])
            .env_clear()
            .env("QUIBUS_HOME", "home")
            .current_dir(self.folder());
        let watching = Companion::start("quibus peers", watch)?;
        let line = watching.line_with("Greeter.9").await?;
        let address = line.split_whitespace().find(|word| word.contains(':'));
        let address = address.ok_or("nobody says where it listens")?;
        self.words.entry("{greeter}").or_insert(address.to_owned());
        Ok(watching)
    }

    /// Sends a signal to what was started last.
    pub async fn signal_last(&self, signal: &str) -> Result<(), Untried> {
        let last = self.running.last().ok_or("nothing runs")?;
        last.signal(signal).await
    }

    /// Does what a case says in a fresh copy of the folder; what came of it, without what differs
    /// from run to run.
    pub async fn meet(&self, case: &Case) -> Result<Output, Untried> {
        let folder = tempfile::tempdir()?;
        copy(self.folder.path(), folder.path())?;
        self.spoil(case, folder.path())?;
        let mut command = self.command(case, folder.path())?;
        let output = workspace::finish(&mut command, LIMIT).await?;
        let plain = |said: &[u8]| {
            let said = String::from_utf8_lossy(said);
            let said = said.replace(&folder.path().display().to_string(), "FOLDER");
            let words = self.words.iter();
            let said = words.fold(said, |said, (word, meant)| said.replace(meant, word));
            said.into_bytes()
        };
        Ok(Output {
            status: output.status,
            stdout: plain(&output.stdout),
            stderr: plain(&output.stderr),
        })
    }

    fn spoil(&self, case: &Case, folder: &Path) -> Result<(), Untried> {
        for (to, from) in &case.copies {
            write(&folder.join(to), &fs::read(folder.join(from))?)?;
        }
        for (name, text) in &case.files {
            write(&folder.join(name), self.resolved(text).as_bytes())?;
        }
        for (name, mode) in &case.modes {
            let mode = u32::from_str_radix(mode, 8)?;
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(mode))?;
        }
        Ok(())
    }

    fn command(&self, case: &Case, folder: &Path) -> Result<Command, Untried> {
        let (program, arguments) = case.words();
        let file = match program {
            PART => std::env::current_exe()?,
            _ => self.programs.file(program)?.to_owned(),
        };
        let mut command = match case.open_files {
            Some(most) => {
                let mut command = Command::new("/bin/sh");
                let limited = format!("ulimit -n {most} && exec \"$0\" \"$@\"");
                command.args(["-c", &limited]).arg(file);
                command
            }
            None => Command::new(file),
        };
        if program == PART {
            command.args(["bad-input", "--part"]);
        }
        command
            .args(arguments.into_iter().map(|word| self.resolved(word)))
            .env_clear()
            .env("QUIBUS_HOME", "home")
            .envs(case.env.iter().map(|(k, v)| (k, self.resolved(v))))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ok(command)
    }

    fn resolved(&self, text: &str) -> String {
        let words = self.words.iter();
        words.fold(text.to_owned(), |text, (word, meant)| {
            text.replace(word, meant)
        })
    }
}

/// Copies a folder with all that is in it, as far as programs are meant to find it.
fn copy(from: &Path, to: &Path) -> Result<(), Untried> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_name() == "running" {
            continue;
        }
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &to)?,
            // With its permissions.
            false => fs::copy(entry.path(), to).map(drop)?,
        }
    }
    Ok(())
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Untried> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(file, bytes)?)
}
