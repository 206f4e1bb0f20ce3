//! How a run ended, for scripts and supervisors.

use std::process::ExitCode;

/// The exit codes. They are part of the program's contract: a number never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ExitStatus {
    /// It left cleanly.
    Clean = 0,
    /// It failed while it ran, or had to leave in a hurry.
    Failed = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// An address can't be listened on.
    Address = 4,
    /// A certificate or a key can't be used, or is not a directory's.
    Identity = 5,
    /// The data folder can't be used, or another server is using it.
    Data = 6,
}

impl ExitStatus {
    /// What `--help` says about the codes.
    pub(crate) const HELP: &'static str = "\
Exit codes:
  0  left cleanly
  1  failed while running, or left at once on a second signal
  2  wrong command line or configuration
  4  an address cannot be listened on
  5  certificate or key cannot be used, or is not a directory's
  6  the data folder cannot be used, or another server is using it";
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}
