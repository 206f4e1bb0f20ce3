//! A claim of the project, and how a run of it ends.

use std::error::Error;

/// Something the project says of itself that a run can show or refute.
pub trait Claim: Sync {
    /// The word `prove` is asked with.
    fn name(&self) -> &'static str;

    /// What is claimed, in one line.
    fn summary(&self) -> &'static str;

    /// Tries the claim, printing what is tried and measured to stdout.
    ///
    /// An error means that the claim could not be tried, which proves nothing either way and
    /// counts as not shown.
    fn run(&self, options: &Options) -> Result<Verdict, Untried>;

    /// Plays one part of the claim in a process of its own: `prove NAME --part …`, which only
    /// [`run`](Self::run) calls.
    ///
    /// # Errors
    /// If the part fails, or the claim has no such part.
    fn play(&self, part: &[String]) -> Result<(), Untried> {
        Err(format!("this claim is tried in one process: it has no part {part:?}").into())
    }
}

/// How thoroughly to try.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Take the time that the documents' figures were measured with; otherwise under a minute.
    pub long: bool,
}

/// What a run of a claim found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the claim holds.
    pub holds: bool,
    /// The measured figure in one line; printed last.
    pub figure: String,
}

/// Why a claim could not be tried.
pub type Untried = Box<dyn Error + Send + Sync>;
