//! The programs as processes: what they print, and that they work together.
//!
//! Nothing here sleeps: each step waits for a line of output, at most [`LIMIT`].

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use quibus::Bus;
use quibus_examples::development::Development;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// Far more than any step takes, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Half of the 77 that zebus-rs's `examples/echo/service.rs` has alone, without its client.
const MOST_ECHO_LINES: usize = 38;

/// Half of the 40 that the program in zebus-rs's README has.
const MOST_PRINTER_LINES: usize = 20;

/// What a newcomer should have to type on each side of a hello.
const MOST_HELLO_LINES: usize = 12;

/// What `echo_printer` handles, as another program would write it down.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Echo")]
struct EchoCommand {
    #[prost(string, tag = "1")]
    msg: String,
}

/// A running program, killed if the test ends before it.
struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(file: &str, arguments: &[&str], folder: &Path) -> Self {
        let mut child = Command::new(file)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    async fn line(&mut self) -> Option<String> {
        let line = timeout(LIMIT, self.lines.next_line()).await;
        line.expect("the program prints nothing").unwrap()
    }

    /// Waits for its end; it has to be a good one.
    async fn end(mut self) {
        let status = timeout(LIMIT, self.child.wait()).await;
        let status = status.expect("the program does not end").unwrap();
        assert!(status.success(), "{status}");
    }

    /// Asks it to end as a terminal or a supervisor does.
    #[cfg(unix)]
    async fn stop(self) {
        let id = self.child.id().expect("it ended by itself").to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(asked.unwrap().success());
        self.end().await;
    }

    #[cfg(not(unix))]
    async fn stop(mut self) {
        self.child.kill().await.unwrap();
    }
}

#[tokio::test]
async fn hello_greets() {
    let folder = tempfile::tempdir().unwrap();
    let mut hello = Program::start(env!("CARGO_BIN_EXE_hello"), &[], folder.path());
    assert_eq!(hello.line().await.as_deref(), Some("Hello, world!"));
    hello.end().await;
}

#[tokio::test]
async fn the_client_gets_its_text_back_from_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let directory = directory(folder).await;

    let mut service = Program::start(env!("CARGO_BIN_EXE_echo_service"), &[], folder);
    assert_eq!(service.line().await.as_deref(), Some("Echo.0 is live"));

    let words = ["good", "morning"];
    let mut client = Program::start(env!("CARGO_BIN_EXE_echo_client"), &words, folder);
    assert_eq!(client.line().await.as_deref(), Some("good morning"));
    client.end().await;
    service.stop().await;
    directory.stop().await;
}

#[tokio::test]
async fn the_printer_prints_what_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let directory = directory(folder).await;
    let mut printer = Program::start(env!("CARGO_BIN_EXE_echo_printer"), &[], folder);
    assert_eq!(
        printer.line().await.as_deref(),
        Some("EchoPrinter.0 is live")
    );

    let network = Development::at(folder.join(Development::FOLDER));
    let bus = Bus::builder("EchoClient.0").transport(network.peer("EchoClient.0").unwrap());
    let bus = bus.directory(network.directory_address().unwrap());
    let bus = bus.start().await.unwrap();
    let msg = "hello".to_owned();
    bus.send(EchoCommand { msg }).await.unwrap();
    assert_eq!(printer.line().await.as_deref(), Some("ECHO hello"));
    bus.stop(LIMIT).await.unwrap();
    printer.stop().await;
    directory.stop().await;
}

#[tokio::test]
async fn a_client_without_a_directory_says_what_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let client = Command::new(env!("CARGO_BIN_EXE_echo_client"))
        .current_dir(folder.path())
        .kill_on_drop(true)
        .output();
    let output = timeout(LIMIT, client).await.unwrap().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("start `directory` first"), "{said}");
}

#[test]
fn the_echo_programs_have_half_the_lines_of_what_they_are_compared_with() {
    let service = include_str!("../src/bin/echo_service.rs");
    let client = include_str!("../src/bin/echo_client.rs");
    let lines = code_lines(include_str!("../src/echo.rs")) + code_lines(service);
    let lines = lines + code_lines(client);
    assert!(lines <= MOST_ECHO_LINES, "{lines} lines");
    let lines = code_lines(include_str!("../src/bin/echo_printer.rs"));
    assert!(lines <= MOST_PRINTER_LINES, "{lines} lines");
}

#[test]
fn hello_takes_at_most_twelve_lines_on_each_side() {
    let contract = code_lines(include_str!("../src/greet.rs"));
    for program in [
        include_str!("../src/bin/hello_service.rs"),
        include_str!("../src/bin/hello_caller.rs"),
    ] {
        let lines = code_lines(program);
        assert!(lines <= MOST_HELLO_LINES, "{lines} lines");
    }
    assert!(contract <= 6, "{contract} lines");
}

/// Lines that are neither blank nor comments.
fn code_lines(source: &str) -> usize {
    let lines = source.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

/// The directory program on a free port, ready.
async fn directory(folder: &Path) -> Program {
    let file = env!("CARGO_BIN_EXE_directory");
    let mut directory = Program::start(file, &["127.0.0.1:0"], folder);
    let line = directory.line().await.unwrap_or_default();
    assert!(line.starts_with("Directory.0 at 127.0.0.1:"), "{line}");
    directory
}
