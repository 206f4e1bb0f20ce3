//! The workspace that the claims are about, and programs that are run in it with a time limit.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::claim::Untried;

/// The folder of the workspace's `Cargo.toml`.
pub fn root() -> PathBuf {
    // Not canonicalised by hand: the manifest's folder is absolute and has a parent.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The Cargo that runs this program, or the first on the path.
pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// A runtime for claims that only wait for other programs.
pub fn runtime() -> Result<tokio::runtime::Runtime, Untried> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    Ok(builder.enable_all().build()?)
}

/// Runs a program to its end and collects what it writes to pipes; the rest it inherits.
///
/// # Errors
/// It cannot be started, or it takes longer than `limit`, and is then killed.
pub async fn finish(command: &mut Command, limit: Duration) -> Result<Output, Untried> {
    let name = command.as_std().get_program().to_owned();
    let name = name.to_string_lossy().into_owned();
    // Not `output()`: that pipes both, whatever the caller has said.
    let child = command.kill_on_drop(true).spawn();
    let child = child.map_err(|e| format!("running {name}: {e}"))?;
    match timeout(limit, child.wait_with_output()).await {
        Ok(output) => Ok(output.map_err(|e| format!("waiting for {name}: {e}"))?),
        Err(_) => Err(format!("{name} hung: killed after {} s", limit.as_secs()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_where_the_workspace_is_described() {
        let text = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
        assert!(text.contains("[workspace]"));
    }

    #[test]
    fn what_hangs_is_killed_and_named() {
        let runtime = runtime().unwrap();
        let error = runtime
            .block_on(finish(
                Command::new("sleep").arg("600"),
                Duration::from_millis(1),
            ))
            .unwrap_err();
        assert_eq!(error.to_string(), "sleep hung: killed after 0 s");
        let error = runtime
            .block_on(finish(
                &mut Command::new("no such program"),
                Duration::from_secs(60),
            ))
            .unwrap_err();
        assert!(error.to_string().starts_with("running no such program: "));
    }
}
