//! Builds one test target of the copy, and runs tests of it.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use super::judgement::Run;
use super::mutant::Test;
use super::workbench::Workbench;

/// A build that takes longer hangs. The first one builds everything.
const BUILD_LIMIT: Duration = Duration::from_secs(1200);

/// A test that takes longer hangs: those that mutants name take seconds.
const TEST_LIMIT: Duration = Duration::from_secs(60);

/// Builds the target that holds this test; or says why it does not compile.
///
/// # Errors
/// If Cargo cannot be run, or says nothing of a test binary.
pub async fn build(bench: &Workbench, test: &Test) -> io::Result<Result<Binary, String>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["test", "--no-run", "--quiet", "-p", &test.package])
        .arg("--message-format=json-render-diagnostics")
        .arg("--target-dir")
        .arg(bench.target(test.cfg.as_deref()))
        // Nobody looks at line numbers here, and linking is most of what a build takes.
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env("CARGO_PROFILE_TEST_DEBUG", "false")
        .current_dir(bench.tree());
    if let Some(cfg) = &test.cfg {
        command.env("RUSTFLAGS", format!("--cfg {cfg}"));
    }
    match test.target.as_str() {
        "lib" => command.arg("--lib"),
        name => command.args(["--test", name]),
    };
    let Some(output) = limited(command, BUILD_LIMIT).await? else {
        return Err(io::Error::other("a build hangs"));
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Ok(Err(said));
    }
    match Binary::named_in(&String::from_utf8_lossy(&output.stdout)) {
        Some(binary) => Ok(Ok(binary)),
        None => Err(io::Error::other(format!(
            "Cargo names no test binary of {} {}",
            test.package, test.target
        ))),
    }
}

/// A test binary, and the folder of its package, where its tests expect to run.
#[derive(Debug, PartialEq, Eq)]
pub struct Binary {
    program: PathBuf,
    folder: PathBuf,
}

impl Binary {
    /// Runs these tests, one after the other so that none disturbs another.
    ///
    /// # Errors
    /// If the binary cannot be run.
    pub async fn run(&self, tests: &[&str]) -> io::Result<Run> {
        let mut command = Command::new(&self.program);
        command
            .args(["--exact", "--test-threads=1", "--include-ignored"])
            .args(tests)
            .env("CARGO_MANIFEST_DIR", &self.folder)
            .env("RUST_BACKTRACE", "0")
            .current_dir(&self.folder);
        let limit = TEST_LIMIT * tests.len() as u32;
        Ok(match limited(command, limit).await? {
            None => Run::TimedOut,
            Some(output) => Run::Ended {
                code: output.status.code(),
                printed: format!(
                    "{}{}",
                    String::from_utf8_lossy(&output.stdout),
                    String::from_utf8_lossy(&output.stderr)
                ),
            },
        })
    }

    /// Finds the test binary in what Cargo prints.
    fn named_in(messages: &str) -> Option<Self> {
        let messages = messages
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut tests = messages.filter(|message| message["profile"]["test"] == true);
        tests.find_map(|message| {
            let program = PathBuf::from(message["executable"].as_str()?);
            let manifest = Path::new(message["manifest_path"].as_str()?);
            Some(Self {
                program,
                folder: manifest.parent()?.to_owned(),
            })
        })
    }
}

/// Runs a program to its end, or kills it after `limit`: `None`.
async fn limited(mut command: Command, limit: Duration) -> io::Result<Option<Output>> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    timeout(limit, command.output()).await.ok().transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_binary_is_found_among_what_cargo_prints() {
        let printed = concat!(
            r#"{"reason":"compiler-artifact","profile":{"test":false},"executable":"/t/tool"}"#,
            "\nnot JSON\n",
            r#"{"manifest_path":"/p/core/Cargo.toml","profile":{"test":true},"executable":"/t/x"}"#,
        );
        let expected = Binary {
            program: "/t/x".into(),
            folder: "/p/core".into(),
        };
        assert_eq!(Binary::named_in(printed), Some(expected));
        assert_eq!(Binary::named_in("{}"), None);
    }
}
