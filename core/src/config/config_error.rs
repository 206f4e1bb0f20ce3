//! What is wrong with a configuration.

use std::fmt;
use std::path::PathBuf;

use super::origin::Origin;

/// What is wrong with a configuration: every fault at once, a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    faults: Vec<ConfigFault>,
}

/// One fault of a configuration. Its text names the place, the culprit and the cure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigFault {
    /// A file can't be read or written.
    #[error("{}: cannot be {verb}: {reason}", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// `read` or `written`.
        verb: &'static str,
        /// Why not, and what helps.
        reason: String,
    },
    /// A file is no TOML.
    #[error("{origin}: {reason}")]
    Syntax {
        /// Where reading ended.
        origin: Origin,
        /// What stands there.
        reason: String,
    },
    /// A section or a key that nobody knows.
    #[error("{origin}: unknown {what} `{name}`; {cure}")]
    Unknown {
        /// Where it stands.
        origin: Origin,
        /// `section`, `key of [bus]`, `context`, …
        what: String,
        /// What was written.
        name: String,
        /// The nearest that is known, or all that are.
        cure: String,
    },
    /// A value that its key can't have.
    #[error("{origin}: {key} cannot be {value}: {complaint}")]
    Value {
        /// Where it was given.
        origin: Origin,
        /// Section and key, `bus.send_timeout`.
        key: String,
        /// What was given.
        value: String,
        /// What is wrong with it, and how it is written rightly.
        complaint: String,
    },
    /// A setting that has no default was not given.
    #[error("{key} is not set; {cure}")]
    Missing {
        /// Section and key.
        key: String,
        /// Where to set it.
        cure: String,
    },
}

impl ConfigError {
    /// The faults; at least one.
    pub fn faults(&self) -> &[ConfigFault] {
        &self.faults
    }

    pub(super) fn unless_empty(mut faults: Vec<ConfigFault>) -> Result<(), Self> {
        faults.sort_by_key(ConfigFault::place);
        match faults.is_empty() {
            true => Ok(()),
            false => Err(Self { faults }),
        }
    }
}

impl ConfigFault {
    /// Line and column, where it has them: faults are told in the order of their file.
    fn place(&self) -> (usize, usize) {
        match self {
            Self::Syntax { origin, .. }
            | Self::Unknown { origin, .. }
            | Self::Value { origin, .. } => match origin {
                Origin::File { line, column, .. } => (*line, *column),
                _ => (0, 0),
            },
            Self::File { .. } | Self::Missing { .. } => (0, 0),
        }
    }
}

impl From<ConfigFault> for ConfigError {
    fn from(fault: ConfigFault) -> Self {
        Self {
            faults: vec![fault],
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.faults.iter().enumerate() {
            let separator = if at > 0 { "\n" } else { "" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
