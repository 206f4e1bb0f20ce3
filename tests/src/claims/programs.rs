//! Programs of the workspace, built before a claim runs them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use super::claim::Untried;
use super::workspace;

/// A build that takes longer hangs: from nothing it takes three minutes on two cores.
const BUILD_LIMIT: Duration = Duration::from_secs(1200);

/// Programs of the workspace, each by its name.
pub struct Programs {
    files: BTreeMap<String, PathBuf>,
}

/// With which optimisations they are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As this program was: what is built already is not built again.
    AsThisOne,
    /// As users get them.
    Release,
}

impl Programs {
    /// Builds every program of these packages; Cargo says where it put them.
    pub async fn build(packages: &[&str], form: Form) -> Result<Self, Untried> {
        let mut cargo = Command::new(workspace::cargo());
        cargo.args(["build", "--bins"]);
        if form == Form::Release || !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        for package in packages {
            cargo.args(["--package", package]);
        }
        cargo
            .arg("--message-format=json-render-diagnostics")
            .current_dir(workspace::root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let output = workspace::finish(&mut cargo, BUILD_LIMIT).await?;
        if !output.status.success() {
            let packages = packages.join(", ");
            return Err(format!("building {packages} ended with {}", output.status).into());
        }
        Ok(Self::said_by_cargo(&String::from_utf8_lossy(
            &output.stdout,
        )))
    }

    /// Where a program is.
    pub fn file(&self, name: &str) -> Result<&Path, Untried> {
        let file = self.files.get(name).map(PathBuf::as_path);
        file.ok_or_else(|| format!("cargo built no program {name}").into())
    }

    fn said_by_cargo(messages: &str) -> Self {
        let messages = messages
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let named = messages.filter_map(|message| {
            let name = message["target"]["name"].as_str()?.to_owned();
            Some((name, PathBuf::from(message["executable"].as_str()?)))
        });
        Self {
            files: named.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_by_its_name_and_a_library_is_none() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"quibus"},"executable":"/t/quibus"}
{"reason":"compiler-artifact","target":{"name":"quibus_cli"},"executable":null}
not json"#;
        let programs = Programs::said_by_cargo(messages);
        assert_eq!(programs.file("quibus").unwrap(), Path::new("/t/quibus"));
        assert!(programs.file("quibus_cli").is_err());
    }
}
