//! A file system with one file in it.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempDir;
use tokio::process::Command;

/// A folder in which one program is all there is: no libc, no `/etc`, `/proc`, `/dev` or `/tmp`.
pub struct EmptyRoot {
    folder: TempDir,
}

impl EmptyRoot {
    /// Where the program lies in it.
    pub const PROGRAM: &str = "/program";

    /// Copies the program into a new empty folder.
    pub fn around(program: &Path) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::copy(program, folder.path().join("program"))?;
        Ok(Self { folder })
    }

    /// Runs the program with that folder as its root and without any variable. Changing the root
    /// is for the superuser, so it is done as the superuser of a user namespace of its own.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        command
            .args(["--map-root-user", "--root"])
            .arg(self.folder.path());
        command.arg(Self::PROGRAM).args(words).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }

    /// What lies in the folder by now.
    pub fn files(&self) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(self.folder.path())?;
        entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }
}
