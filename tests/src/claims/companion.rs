//! A program that runs beside a claim.

use std::collections::VecDeque;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::claim::Untried;

/// Lines that are kept until somebody asks for them; older ones are forgotten.
const MOST_LINES: usize = 1024;
/// Far more than any step takes, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A program that runs beside a claim and is killed with it. What it prints is read as it comes, so
/// that it never waits for a reader.
pub struct Companion {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    printed: Arc<Printed>,
}

#[derive(Default)]
struct Printed {
    kept: Mutex<Kept>,
    more: Notify,
}

#[derive(Default)]
struct Kept {
    lines: VecDeque<String>,
    ended: bool,
}

impl Companion {
    /// Starts it. Its stdin, its stdout and its stderr are pipes.
    pub fn start(name: &str, mut command: Command) -> Result<Self, Untried> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command
            .spawn()
            .map_err(|e| format!("starting {name}: {e}"))?;
        let printed = Arc::new(Printed::default());
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (one, other) = (printed.clone(), printed.clone());
        tokio::spawn(async move {
            tokio::join!(one.keep(stdout), other.keep(stderr));
            printed_ended(&one);
        });
        Ok(Self {
            name: name.into(),
            stdin: child.stdin.take(),
            child,
            printed,
        })
    }

    /// Waits for a line with this in it; the lines up to it count as read.
    pub async fn line_with(&self, words: &str) -> Result<String, Untried> {
        let lines = self.lines_until(words).await?;
        lines
            .into_iter()
            .next_back()
            .ok_or_else(|| "no line".into())
    }

    /// Waits for a line with this in it; all lines up to it.
    pub async fn lines_until(&self, words: &str) -> Result<Vec<String>, Untried> {
        let mut seen = Vec::new();
        let found = timeout(LIMIT, self.printed.until(words, &mut seen)).await;
        if found == Ok(true) {
            return Ok(seen);
        }
        let how = if found.is_ok() { "it ended" } else { "nothing" };
        let last = seen.len().saturating_sub(20);
        let last = seen[last..].join("\n  ");
        let name = &self.name;
        Err(format!("{name} never printed {words:?} ({how} came instead), after\n  {last}").into())
    }

    /// Writes a line to its stdin.
    pub async fn tell(&mut self, line: &str) -> Result<(), Untried> {
        let stdin = self.stdin.as_mut().ok_or("its stdin is closed")?;
        stdin.write_all(format!("{line}\n").as_bytes()).await?;
        Ok(stdin.flush().await?)
    }

    /// Sends it a signal, named as `kill` takes it: `-KILL`.
    pub async fn signal(&self, signal: &str) -> Result<(), Untried> {
        let name = &self.name;
        let id = self.child.id();
        let id = id.ok_or_else(|| format!("{name} has ended by itself"))?;
        let sent = Command::new("kill")
            .args([signal, &id.to_string()])
            .status()
            .await;
        match sent {
            Ok(status) if status.success() => Ok(()),
            other => Err(format!("kill {signal} of {name}: {other:?}").into()),
        }
    }

    /// Waits for its end.
    pub async fn end(&mut self) -> Result<ExitStatus, Untried> {
        let ended = timeout(LIMIT, self.child.wait()).await;
        let ended = ended.map_err(|_| format!("{} does not end", self.name))?;
        Ok(ended?)
    }
}

impl Printed {
    async fn keep(&self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(stream) = stream else { return };
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut kept = self.kept();
            if kept.lines.len() == MOST_LINES {
                kept.lines.pop_front();
            }
            kept.lines.push_back(line);
            drop(kept);
            self.more.notify_waiters();
        }
    }

    /// Takes lines until one has this in it; whether one had before the program ended.
    async fn until(&self, words: &str, seen: &mut Vec<String>) -> bool {
        loop {
            // Enabled before looking, so that a line that comes meanwhile wakes it.
            let mut more = std::pin::pin!(self.more.notified());
            more.as_mut().enable();
            let taken = self.kept().take_until(words, seen);
            match taken {
                Some(found) => return found,
                None => more.await,
            }
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Whether a line with this in it was taken, or none can come any more; nothing if one may.
    fn take_until(&mut self, words: &str, seen: &mut Vec<String>) -> Option<bool> {
        while let Some(line) = self.lines.pop_front() {
            let is_it = line.contains(words);
            seen.push(line);
            if is_it {
                return Some(true);
            }
        }
        self.ended.then_some(false)
    }
}

fn printed_ended(printed: &Printed) {
    printed.kept().ended = true;
    printed.more.notify_waiters();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Companion {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Companion::start("sh", command).unwrap()
    }

    #[tokio::test]
    async fn lines_are_waited_for_and_an_end_without_them_is_told() {
        let script = "echo one; echo two; read line; echo \"$line\"; read line; echo last >&2";
        let mut program = shell(script);
        assert_eq!(program.lines_until("two").await.unwrap(), ["one", "two"]);
        program.tell("three").await.unwrap();
        assert_eq!(program.line_with("three").await.unwrap(), "three");
        // Only now: which of two streams comes first is nobody's to say.
        program.tell("go on").await.unwrap();
        let error = program.line_with("never").await.unwrap_err().to_string();
        assert!(
            error.contains("it ended") && error.contains("last"),
            "{error}"
        );
        assert!(program.end().await.unwrap().success());
    }

    #[tokio::test]
    async fn a_signal_ends_it() {
        let mut program = shell("echo there; exec sleep 600");
        program.line_with("there").await.unwrap();
        program.signal("-KILL").await.unwrap();
        assert!(!program.end().await.unwrap().success());
    }
}
