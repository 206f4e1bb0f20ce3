//! A running program.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// Far more than any step takes, even on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(90);

/// A running program, killed if the test ends before it.
pub struct Program {
    child: Child,
    typing: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts a program that looks for its context in `home`, and nowhere else.
    pub fn start(file: &str, words: &[&str], home: &Path) -> Self {
        let mut child = Command::new(file)
            .args(words)
            .env("QUIBUS_HOME", home)
            .env_remove("QUIBUS_CONTEXT")
            .env_remove("QUIBUS_CONFIG")
            .current_dir(home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let typing = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            child,
            typing,
            lines,
        }
    }

    /// The next line; it has to come.
    pub async fn line(&mut self) -> String {
        let line = timeout(LIMIT, self.lines.next_line()).await;
        let line = line.expect("the program prints nothing").unwrap();
        line.expect("the program has ended")
    }

    /// Types a line.
    pub async fn type_line(&mut self, line: &str) {
        let typing = self.typing.as_mut().expect("it is not closed before");
        typing
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }

    /// What it still prints until its end, which has to be a good one.
    pub async fn rest(mut self) -> Vec<String> {
        drop(self.typing.take());
        let mut rest = Vec::new();
        while let Some(line) = timeout(LIMIT, self.lines.next_line())
            .await
            .unwrap()
            .unwrap()
        {
            rest.push(line);
        }
        let status = timeout(LIMIT, self.child.wait()).await;
        let status = status.expect("the program does not end").unwrap();
        assert!(status.success(), "{status} after {rest:?}");
        rest
    }

    /// Asks it to end as a terminal or a supervisor does; returns what it still prints.
    #[cfg(unix)]
    pub async fn stop(self) -> Vec<String> {
        let id = self.child.id().expect("it ended by itself").to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(asked.unwrap().success());
        self.rest().await
    }
}
