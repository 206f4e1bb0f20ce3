//! A running `quibus-directory`.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;

use super::{Installation, LIMIT};

/// A running server, killed if the test ends before it.
pub(super) struct Process {
    child: Child,
    log: Lines<BufReader<ChildStdout>>,
    admin: SocketAddr,
}

/// An answer of the admin pages.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Process {
    /// Starts the program and waits until its admin pages are there.
    pub(super) async fn start(installed: &Installation, arguments: &[&str]) -> Self {
        Self::spawn(installed.command(arguments)).await
    }

    pub(super) async fn spawn(mut command: tokio::process::Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stdout.take().unwrap()).lines();
        // Replaced by the first line that says where they are.
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut started = Self {
            child,
            log,
            admin: nowhere,
        };
        let line = started.logged("admin pages at").await;
        started.admin = line["address"].as_str().unwrap().parse().unwrap();
        started
    }

    /// Waits for a line of the log whose message begins like this.
    pub(super) async fn logged(&mut self, message: &str) -> Value {
        loop {
            let line = timeout(LIMIT, self.log.next_line()).await;
            let Some(line) = line.expect("the log stands still").unwrap() else {
                let mut said = String::new();
                let stderr = self.child.stderr.as_mut().unwrap();
                stderr.read_to_string(&mut said).await.unwrap();
                panic!("it ended before it logged \"{message}\": {said}");
            };
            let line: Value = serde_json::from_str(&line).expect("a line of the log is an object");
            if line["message"]
                .as_str()
                .is_some_and(|text| text.starts_with(message))
            {
                return line;
            }
        }
    }

    /// Waits until it serves; returns where.
    pub(super) async fn serving(&mut self) -> String {
        let line = self.logged("serving").await;
        line["address"].as_str().unwrap().to_owned()
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
            .await
    }

    /// Sends a request to the admin pages, word for word.
    pub(super) async fn ask(&self, request: &str) -> Answer {
        let asking = async {
            let mut stream = TcpStream::connect(self.admin).await.unwrap();
            // Whoever says too much is answered before all of it is read.
            let _ = stream.write_all(request.as_bytes()).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            String::from_utf8(answer).unwrap()
        };
        let answer = timeout(LIMIT, asking).await.expect("no answer");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Answer {
            status: status.unwrap_or_else(|| panic!("no answer of HTTP: {answer:?}")),
            body: body.to_owned(),
        }
    }

    /// A value of `/metrics`, as it stands there.
    pub(super) async fn metric(&self, series: &str) -> Option<String> {
        let Answer { body, .. } = self.get("/metrics").await;
        let lines = body.lines().filter_map(|line| line.rsplit_once(' '));
        let mut found = lines.filter(|(name, _)| *name == series);
        found.next().map(|(_, value)| value.to_owned())
    }

    /// Waits until a value of `/metrics` is this.
    pub(super) async fn shows(&self, series: &str, value: &str) {
        let shown = async {
            while self.metric(series).await.as_deref() != Some(value) {
                tokio::task::yield_now().await;
            }
        };
        let shown = timeout(LIMIT, shown).await;
        assert!(shown.is_ok(), "{series} never became {value}");
    }

    pub(super) fn admin(&self) -> SocketAddr {
        self.admin
    }

    pub(super) async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it ended by itself").to_string();
        let mut kill = tokio::process::Command::new("kill");
        let sent = kill.args([name, &id]).status().await;
        assert!(sent.unwrap().success());
    }

    /// Waits for its end; returns how it ended and what it said on stderr.
    pub(super) async fn end(mut self) -> (ExitStatus, String) {
        let mut said = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        // A log that nobody reads must not keep it from ending.
        let draining = async { while let Ok(Some(_)) = self.log.next_line().await {} };
        let ending = async {
            let (read, ()) = tokio::join!(stderr.read_to_string(&mut said), draining);
            read.unwrap();
            self.child.wait().await.unwrap()
        };
        let status = timeout(LIMIT, ending).await.expect("it does not end");
        (status, said)
    }
}
