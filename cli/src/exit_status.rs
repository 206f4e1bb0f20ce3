//! How a run ended, for scripts.

use std::process::ExitCode;

/// The exit codes of the tool. They are part of its contract: a number never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: done, and what was to be shown is shown.
    Done,
    /// 1: it could not be done, or a check did not hold.
    Failed,
    /// 2: what was typed means nothing. Given by the parser of the command line.
    Usage,
}

impl ExitStatus {
    /// What `--help` says about the codes.
    pub const HELP: &'static str =
        "Exit codes: 0 done, 1 failed or a check did not hold, 2 usage, 130 Ctrl-C.";

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}
