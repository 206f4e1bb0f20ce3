//! Where a value came from.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from. What comes later here wins.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody gave it.
    Default,
    /// The user's context.
    Context(PathBuf),
    /// A file, counted from line 1 and column 1.
    File {
        /// The file as it was named.
        file: PathBuf,
        /// The line of the key.
        line: usize,
        /// The column of the key, in characters.
        column: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A flag of a command line.
    Flag(String),
    /// The program itself.
    Code,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Context(file) => write!(f, "context {}", file.display()),
            Self::File { file, line, column } => {
                write!(f, "{}:{line}:{column}", file.display())
            }
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
            Self::Code => f.write_str("code"),
        }
    }
}
