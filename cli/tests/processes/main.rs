//! The tool as a child process: `quibus up` and what is typed beside it.
//!
//! Nothing here sleeps: each step waits for a line of output or for an end, at most [`LIMIT`].

mod messages;

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// Far more than any step takes, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(90);

/// A command that is not killed by what the machine's user has set.
fn command(program: &str, arguments: &[&str], home: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("QUIBUS_HOME", home)
        .env_remove("QUIBUS_CONTEXT")
        .env_remove("QUIBUS_CONFIG")
        .current_dir(home)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

fn quibus(arguments: &[&str], home: &Path) -> Command {
    command(env!("CARGO_BIN_EXE_quibus"), arguments, home)
}

/// What comes of a command that ends by itself: its code, its stdout and its stderr.
async fn typed(arguments: &[&str], home: &Path) -> (Option<i32>, String, String) {
    let output = timeout(LIMIT, quibus(arguments, home).output()).await;
    let Output {
        status,
        stdout,
        stderr,
    } = output.expect("it does not end").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// A running program, killed if the test ends before it.
struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// All lines up to the one with this in it.
    async fn until(&mut self, words: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = timeout(LIMIT, self.lines.next_line()).await;
            let line = line.unwrap_or_else(|_| panic!("no {words:?} after {lines:?}"));
            let line = line.unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended after {lines:?}"));
            lines.push(line);
            if lines.last().is_some_and(|line| line.contains(words)) {
                return lines;
            }
        }
    }

    /// Asks it to end as a terminal or a supervisor does; returns what it still says.
    #[cfg(unix)]
    async fn stop(mut self, signal: &str) -> Vec<String> {
        let id = self.child.id().expect("it ended by itself").to_string();
        let asked = Command::new("kill").args([signal, &id]).status().await;
        assert!(asked.unwrap().success());
        let mut rest = Vec::new();
        while let Some(line) = timeout(LIMIT, self.lines.next_line())
            .await
            .unwrap()
            .unwrap()
        {
            rest.push(line);
        }
        let status = timeout(LIMIT, self.child.wait()).await.unwrap().unwrap();
        assert!(status.success(), "{status}");
        rest
    }
}

/// A development bus on a free port.
async fn up(home: &Path) -> (Program, Vec<String>) {
    let mut up = Program::start(quibus(&["up", "--listen", "127.0.0.1:0"], home));
    let lines = up.until("Stop with Ctrl-C").await;
    (up, lines)
}

fn address(lines: &[String]) -> String {
    let line = lines.iter().find(|line| line.contains("Directory.0 at "));
    let (_, rest) = line.unwrap().split_once("Directory.0 at ").unwrap();
    rest.trim_end_matches(", in memory").to_owned()
}

#[cfg(unix)]
#[tokio::test]
async fn a_development_bus_is_seen_by_the_other_verbs_and_leaves_cleanly() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let (code, _, said) = typed(&["peers"], home).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("quibus up"), "{said}");

    let (bus, lines) = up(home).await;
    assert!(lines[0].contains("new, valid until"), "{lines:?}");
    let address = address(&lines);

    let (code, shown, said) = typed(&["peers"], home).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(shown.contains("Directory.0  up"), "{shown}");
    let (code, shown, _) = typed(&["subscriptions", "No.Such", "-o", "json"], home).await;
    assert_eq!(code, Some(3));
    assert!(shown.contains("\"items\":[]"), "{shown}");
    let (code, shown, _) = typed(&["routes", "No.Such", "a.b"], home).await;
    assert_eq!(code, Some(3));
    assert!(shown.contains("nobody is subscribed to No.Such"), "{shown}");
    let (code, shown, said) = typed(&["doctor"], home).await;
    assert_eq!(code, Some(0), "{shown}{said}");
    assert!(shown.contains("our CA vouches for it"), "{shown}");
    let (code, shown, _) = typed(&["certs", "inspect", &address], home).await;
    assert_eq!(code, Some(0));
    assert!(
        shown.contains("spiffe://dev/directory/Directory.0"),
        "{shown}"
    );
    assert!(shown.contains("vouched for by"), "{shown}");

    // A second one on the same port is told what to do.
    let (code, _, said) = typed(&["up", "other", "--listen", &address], home).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(&address) && said.contains("another port"),
        "{said}"
    );

    assert_eq!(bus.stop("-INT").await, ["stopped"]);
    let (code, _, said) = typed(&["peers", "--timeout", "300ms"], home).await;
    assert_eq!(code, Some(4), "{said}");

    let (bus, lines) = up(home).await;
    assert!(lines[0].contains("kept, valid until"), "{lines:?}");
    assert_eq!(bus.stop("-TERM").await, ["stopped"]);
}

#[cfg(unix)]
#[tokio::test]
async fn hello_needs_no_file_and_no_address() {
    let programs = built(&["hello_service", "hello_caller"]).await;
    let [service, caller] = &programs[..] else {
        panic!("{programs:?}");
    };
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let (bus, _) = up(home).await;
    let mut watching = Program::start(quibus(&["peers", "--watch"], home));
    watching.until("Directory.0").await;
    let service = Program::start(command(service, &[], home));
    watching.until("+ Greeter.0  up").await;

    let mut asked = Program::start(command(caller, &[], home));
    assert_eq!(asked.until("Hello").await, ["Hello, world!"]);
    let status = timeout(LIMIT, asked.child.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
    let (code, shown, _) = typed(&["routes", "Hello.Greet"], home).await;
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("Greeter.0  yes"), "{shown}");

    service.stop("-TERM").await;
    watching.until("- Greeter.0").await;
    assert_eq!(bus.stop("-INT").await, ["stopped"]);
}

#[cfg(unix)]
#[tokio::test]
async fn the_weather_script_collects_two_years_in_processes_of_their_own() {
    let weather = built(&["weather"]).await.remove(0);
    let programs = Path::new(&weather).parent().unwrap();
    let quibus = Path::new(env!("CARGO_BIN_EXE_quibus"));
    assert_eq!(quibus.parent(), Some(programs), "one build makes both");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/run-weather");
    let ran = Command::new(script)
        .arg(programs)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let ran = timeout(LIMIT, ran).await.expect("it does not end").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (printed, said) = (text(ran.stdout), text(ran.stderr));
    assert!(ran.status.success(), "{printed}{said}");
    let mut lines: Vec<_> = printed.lines().collect();
    lines[..2].sort_unstable();
    let expected = [
        "SanFrancisco measured, 8759 collected",
        "Seattle measured, 8759 collected",
        "744 measurements, 5.4 °C on average, 3.7 to 7.9",
        "744 measurements, 18.3 °C on average, 12.8 to 24.4",
    ];
    assert_eq!(lines, expected, "{said}");
}

/// Builds programs of the examples, which belong to another package; where they are.
async fn built(programs: &[&str]) -> Vec<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "quibus-examples"]);
    cargo.args(["--message-format", "json"]);
    for program in programs {
        cargo.args(["--bin", program]);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.current_dir(folder).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let messages = String::from_utf8(output.stdout).unwrap();
    let artifacts: Vec<serde_json::Value> = messages
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let file = |program: &&str| {
        let made = artifacts
            .iter()
            .find(|made| made["target"]["name"] == **program);
        made.and_then(|made| made["executable"].as_str())
            .unwrap()
            .to_owned()
    };
    programs.iter().map(file).collect()
}

#[tokio::test]
async fn doctor_names_what_is_missing_with_a_cure_and_fails() {
    let home = tempfile::tempdir().unwrap();
    let (code, shown, _) = typed(&["doctor", "-o", "json"], home.path()).await;
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("\"healthy\":false"), "{shown}");
    assert!(shown.contains("quibus up"), "{shown}");
}
