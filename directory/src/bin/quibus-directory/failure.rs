//! Why the program ended.

use std::fmt;

use quibus::bus::StartError;
use quibus::config::ConfigError;
use quibus::transport::BindError;
use quibus_directory::DataFolderError;

use crate::exit_status::ExitStatus;

/// Why the program ended: a line for each fault, which names the culprit and the cure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    status: ExitStatus,
    text: String,
}

impl Failure {
    pub(crate) fn new(status: ExitStatus, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { status, text }
    }

    pub(crate) fn status(&self) -> ExitStatus {
        self.status
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.text.lines() {
            writeln!(f, "error: {line}")?;
        }
        Ok(())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(ExitStatus::Usage, error.to_string())
    }
}

impl From<DataFolderError> for Failure {
    fn from(error: DataFolderError) -> Self {
        Self::new(ExitStatus::Data, error.to_string())
    }
}

impl From<BindError> for Failure {
    fn from(error: BindError) -> Self {
        match error {
            BindError::Address { .. } => Self::new(ExitStatus::Address, error.to_string()),
            BindError::Identity { reason } => Self::new(ExitStatus::Identity, reason),
            BindError::Settings { reason } => Self::new(ExitStatus::Usage, reason),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Bind(error) => error.into(),
            StartError::Settings { faults } => Self::new(ExitStatus::Usage, faults.join("\n")),
            other => Self::new(ExitStatus::Failed, other.to_string()),
        }
    }
}
