//! Why a bus did not start.

use std::fmt;

use crate::config::ConfigError;
use crate::transport::BindError;

/// Why a bus did not start. Nothing is left behind in the process; a registration that may have
/// been committed ends with its session. The same builder settings can be started again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Settings or handlers can't be used as they are; every fault at once.
    #[error("{}", faults.join("; "))]
    Settings {
        /// What is wrong, with the cure.
        faults: Vec<String>,
    },
    /// The transport could not be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// No directory registered this peer in time.
    #[error(
        "no directory registered {peer} within {within_ms} ms: {}",
        List(failures)
    )]
    NoDirectory {
        /// Who wanted to register.
        peer: String,
        /// The time-out in milliseconds.
        within_ms: u64,
        /// Each address that was tried, and why it failed.
        failures: Vec<DirectoryFailure>,
    },
    /// A directory refused the registration.
    #[error("the directory refused {peer}: {reason}")]
    Refused {
        /// Who wanted to register.
        peer: String,
        /// What the directory said.
        reason: String,
    },
}

/// A configuration's faults are those of the settings.
impl From<ConfigError> for StartError {
    fn from(error: ConfigError) -> Self {
        let faults = error.faults().iter().map(ToString::to_string);
        Self::Settings {
            faults: faults.collect(),
        }
    }
}

/// Why one directory address was of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryFailure {
    /// The address.
    pub address: String,
    /// What went wrong there last.
    pub reason: String,
}

pub(super) struct List<'a>(pub(super) &'a [DirectoryFailure]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no address is configured, give one with .directory(…)");
        }
        for (at, DirectoryFailure { address, reason }) in self.0.iter().enumerate() {
            let separator = if at > 0 { "; " } else { "" };
            // A dial's own text begins with the address already.
            match reason.starts_with(address.as_str()) {
                true => write!(f, "{separator}{reason}")?,
                false => write!(f, "{separator}{address}: {reason}")?,
            }
        }
        Ok(())
    }
}
