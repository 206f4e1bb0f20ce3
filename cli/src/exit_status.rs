//! How a run ended, for scripts.

use std::process::ExitCode;

/// The exit codes of the tool. They are part of its contract: a number never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: done, and what was to be shown is shown.
    Done,
    /// 1: it could not be done, or a check did not hold.
    Failed,
    /// 2: what was typed means nothing.
    Usage,
    /// 3: there is nothing of what was asked for.
    Nothing,
    /// 4: nobody answers there, or not in time.
    Unreachable,
    /// 5: a certificate or a file's permissions forbid it.
    Denied,
    /// 6: the handler rejected the command.
    Rejected,
    /// 7: it would overwrite something, and nobody said that it may.
    Unconfirmed,
    /// 130: Ctrl-C.
    Interrupted,
}

impl ExitStatus {
    /// What `--help` says about the codes.
    pub const HELP: &'static str = "\
Exit codes: 0 done, 1 failed or a check did not hold, 2 usage, 3 nothing found, 4 nobody answers,
5 a certificate or permission forbids it, 6 its handler rejected a command,
7 would overwrite something, 130 Ctrl-C.";

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Nothing => 3,
            Self::Unreachable => 4,
            Self::Denied => 5,
            Self::Rejected => 6,
            Self::Unconfirmed => 7,
            Self::Interrupted => 130,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}
