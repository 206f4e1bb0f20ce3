//! Stage two: what was typed means.

use std::io::{self, IsTerminal};

use crate::complaint::Complaint;
use crate::demo::{self, DemoOptions};
use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;
use crate::printed::Printed;
use crate::typed::{Typed, TypedCommand};
use crate::version;

/// What is to be done, with nothing left to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Run the demo.
    Demo(DemoOptions),
    /// Print the version.
    Version(OutputForm),
}

/// What the meaning of a command line depends on beside its words.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings {
    /// Somebody is looking at stderr.
    pub stderr_is_terminal: bool,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_this_process() -> Self {
        Self {
            stderr_is_terminal: io::stderr().is_terminal(),
        }
    }
}

impl Request {
    /// Does it.
    pub async fn perform(&self) -> Result<Printed, Complaint> {
        match self {
            Self::Demo(options) => {
                let report = demo::run(options).await?;
                let status = match report.holds() {
                    true => ExitStatus::Done,
                    false => ExitStatus::Failed,
                };
                let text = report.render(options.output);
                Ok(Printed { text, status })
            }
            Self::Version(form) => Ok(Printed {
                text: version::render(*form),
                status: ExitStatus::Done,
            }),
        }
    }

    /// What was typed means this, here.
    pub fn new(typed: &Typed, surroundings: Surroundings) -> Self {
        match typed.command {
            TypedCommand::Demo => Self::Demo(DemoOptions {
                output: typed.output,
                progress: surroundings.stderr_is_terminal && !typed.quiet,
            }),
            TypedCommand::Version => Self::Version(typed.output),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn demo(line: &str, stderr_is_terminal: bool) -> DemoOptions {
        let typed = Typed::try_parse_from(line.split(' ')).unwrap();
        match Request::new(&typed, Surroundings { stderr_is_terminal }) {
            Request::Demo(options) => options,
            other => panic!("{line} means {other:?}"),
        }
    }

    #[test]
    fn progress_is_for_somebody_who_looks_and_did_not_ask_for_quiet() {
        assert!(demo("quibus demo", true).progress);
        assert!(!demo("quibus demo", false).progress);
        assert!(!demo("quibus demo --quiet", true).progress);
    }

    #[test]
    fn the_form_of_the_output_reaches_the_verb() {
        assert_eq!(demo("quibus demo", true).output, OutputForm::Text);
        assert_eq!(demo("quibus demo -o json", true).output, OutputForm::Json);
    }
}
