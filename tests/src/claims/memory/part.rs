//! The parts of the claim, each a process of its own.

use std::env;
use std::process::Command;

use super::super::claim::Untried;
use super::measured::Measured;
use super::{crowd, stalled};

/// The second word of a part that takes as long as the figures in the documents took.
const LONG: &str = "long";
/// What begins the line in which a child says what it has measured.
const SAYS: &str = "measured: ";

/// A part of the claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Stalled,
    Crowd,
}

impl Part {
    pub(super) const ALL: [Self; 2] = [Self::Stalled, Self::Crowd];

    /// What it is about, for people.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Stalled => "a frozen, a slow and a quick receiver of a publisher at full speed",
            Self::Crowd => "mostly idle peers, each with a directory and four neighbours",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Stalled => "stalled",
            Self::Crowd => "crowd",
        }
    }

    /// The part that these words ask for, and whether for long.
    pub(super) fn asked_for(words: &[String]) -> Result<(Self, bool), Untried> {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let (name, long) = match words.as_slice() {
            [name] => (*name, false),
            [name, LONG] => (*name, true),
            _ => ("", false),
        };
        let known = Self::ALL.into_iter().find(|part| part.name() == name);
        let part = known.ok_or_else(|| format!("there is no part {words:?} in this claim"))?;
        Ok((part, long))
    }

    /// Runs it here, and says what was measured.
    pub(super) fn run(self, long: bool) -> Result<(), Untried> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let measured = runtime.block_on(async {
            match self {
                Self::Stalled => stalled::run(long).await,
                Self::Crowd => crowd::run(long).await,
            }
        })?;
        println!("{SAYS}{}", serde_json::to_string(&measured)?);
        Ok(())
    }

    /// Runs it in a process of its own, whose peak is nobody else's.
    pub(super) fn run_in_child(self, long: bool) -> Result<Measured, Untried> {
        let mut child = Command::new(env::current_exe()?);
        child.args(["memory", "--part", self.name()]);
        child.args(long.then_some(LONG));
        let output = child.output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        match text.lines().find_map(|line| line.strip_prefix(SAYS)) {
            Some(said) => Ok(serde_json::from_str(said)?),
            None => Err(format!("the child has measured nothing and said:\n{text}").into()),
        }
    }
}
