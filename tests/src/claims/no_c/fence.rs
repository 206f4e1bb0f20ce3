//! A path on which nothing stands that compiles anything but Rust.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::process::Command;

/// Tools that build native code. Behind the fence each is a program that notes the call and fails.
const REFUSED: &[&str] = &[
    "ar",
    "as",
    "bindgen",
    "c++",
    "clang",
    "clang++",
    "cmake",
    "g++",
    "gcc",
    "ld",
    "make",
    "nasm",
    "ninja",
    "perl",
    "pkg-config",
    "protoc",
    "python3",
    "ranlib",
    "yasm",
];

/// Variables by which builds are told their tools; behind the fence each names one that fails.
const TOLD: &[&str] = &[
    "AR",
    "AS",
    "CC",
    "CMAKE",
    "CXX",
    "HOST_CC",
    "NASM",
    "PROTOC",
    "RANLIB",
    "TARGET_CC",
];

/// A folder with the only programs that a build may see, and a record of what it called.
///
/// # Examples
/// A command [enclosed](Self::enclose) by it finds Cargo and rustc; `cc hello.c` fails there and
/// is counted in [`calls`](Self::calls).
pub struct Fence {
    folder: TempDir,
}

/// What was called behind a fence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// How often something was linked.
    pub links: usize,
    /// Calls that were refused, word by word.
    pub refused: Vec<String>,
}

impl Fence {
    /// Builds a fence around a toolchain.
    ///
    /// # Errors
    /// There is no linker driver `cc` on the path, or the folder cannot be written.
    pub fn build(toolchain: &Path) -> io::Result<Self> {
        let driver = on_path("cc").ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                "there is no linker driver `cc` on the path; rustc itself needs one",
            )
        })?;
        let folder = tempfile::tempdir()?;
        let bin = folder.path().join("bin");
        fs::create_dir(&bin)?;
        for program in ["cargo", "rustc", "rustdoc"] {
            symlink(toolchain.join(program), bin.join(program))?;
        }
        let fence = Self { folder };
        let refusal = fence.refusal("\"${0##*/} $*\"");
        for tool in REFUSED {
            write_script(&bin.join(tool), &refusal)?;
        }
        write_script(&bin.join("cc"), &fence.linking_only(&driver))?;
        Ok(fence)
    }

    /// Lets a command see what is behind the fence, and nothing else.
    pub fn enclose(&self, command: &mut Command) {
        let bin = self.folder.path().join("bin");
        for variable in TOLD {
            command.env(variable, bin.join("gcc"));
        }
        command.env("PATH", bin);
    }

    /// What was called until now.
    pub fn calls(&self) -> io::Result<Calls> {
        match fs::read_to_string(self.record()) {
            Ok(text) => Ok(Calls::read(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Calls::default()),
            Err(error) => Err(error),
        }
    }

    fn record(&self) -> PathBuf {
        self.folder.path().join("calls")
    }

    /// A script's lines that note `what` and fail.
    fn refusal(&self, what: &str) -> String {
        let record = self.record();
        let record = record.display();
        format!(
            "printf 'refused %s\\n' {what} >>'{record}'\n\
             echo \"this build may not call ${{0##*/}}\" >&2\nexit 1\n"
        )
    }

    /// A linker driver that compiles nothing: it hands on what has objects in it. The driver's own
    /// helpers are found on the path as it was.
    fn linking_only(&self, driver: &Path) -> String {
        let record = self.record();
        let (record, driver) = (record.display(), driver.display());
        let refusal = self.refusal("\"cc $*\"").replace('\n', "\n    ");
        let path = env::var_os("PATH").unwrap_or_default();
        let path = path.to_string_lossy();
        format!(
            "for word; do\n  case $word in\n  -c | -S | -E | -x | *.c | *.cc | *.cpp | *.cxx | *.s | *.S)\n    \
             {refusal};;\n  esac\ndone\nprintf 'link\\n' >>'{record}'\n\
             PATH='{path}' exec '{driver}' \"$@\"\n"
        )
    }
}

impl Calls {
    fn read(text: &str) -> Self {
        let mut calls = Self::default();
        for line in text.lines() {
            match line.strip_prefix("refused ") {
                Some(call) => calls.refused.push(call.to_owned()),
                None => calls.links += 1,
            }
        }
        calls
    }
}

fn write_script(file: &Path, lines: &str) -> io::Result<()> {
    fs::write(file, format!("#!/bin/sh\n{lines}"))?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut files = env::split_paths(&path).map(|folder| folder.join(program));
    files.find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::claims::workspace;

    /// Whether a program succeeds behind the fence.
    fn succeeds(fence: &Fence, program: &str, words: &[&str]) -> bool {
        let mut command = Command::new(fence.folder.path().join("bin").join(program));
        fence.enclose(&mut command);
        command.args(words);
        let finished = workspace::finish(&mut command, Duration::from_secs(60));
        let output = workspace::runtime().unwrap().block_on(finished);
        output.unwrap().status.success()
    }

    #[test]
    fn what_compiles_is_refused_and_noted_and_linking_is_only_noted() {
        let fence = Fence::build(Path::new("/toolchain")).unwrap();
        assert_eq!(fence.calls().unwrap(), Calls::default());
        assert!(!succeeds(&fence, "cc", &["-o", "x.o", "-c", "x.c"]));
        assert!(!succeeds(&fence, "cmake", &["--build", "."]));
        assert!(succeeds(&fence, "cc", &["--version"]));
        let calls = fence.calls().unwrap();
        assert_eq!(calls.links, 1);
        assert_eq!(calls.refused, ["cc -o x.o -c x.c", "cmake --build ."]);
    }

    #[test]
    fn a_toolchain_is_all_that_is_found_on_the_path() {
        let fence = Fence::build(Path::new("/toolchain")).unwrap();
        let mut command = Command::new("cargo");
        fence.enclose(&mut command);
        let variables: Vec<_> = command.as_std().get_envs().collect();
        let path = variables.iter().find(|(name, _)| *name == "PATH").unwrap();
        let folder = path.1.unwrap();
        assert!(!folder.to_string_lossy().contains(':'));
        let cargo = fs::read_link(Path::new(folder).join("cargo")).unwrap();
        assert_eq!(cargo, Path::new("/toolchain/cargo"));
    }
}
