//! Stage two: what was typed means.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::SystemTime;

use etcetera::BaseStrategy;

use crate::certs::{Check, DefaultFolder, Init, Inspect, Issue, TypedCerts};
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
    /// Make a CA.
    CertsInit(Init),
    /// Make a certificate.
    CertsIssue(Issue),
    /// Lay certificates open.
    CertsInspect(Inspect),
    /// See whether certificates hold.
    CertsCheck(Check),
    /// Run the demo.
    Demo(DemoOptions),
    /// Print the version.
    Version(OutputForm),
}

/// What the meaning of a command line depends on beside its words.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Somebody is looking at stderr.
    pub stderr_is_terminal: bool,
    /// Where this system keeps a user's data, if it knows.
    pub data_folder: Option<PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_this_process() -> Self {
        Self {
            stderr_is_terminal: io::stderr().is_terminal(),
            data_folder: etcetera::choose_base_strategy()
                .ok()
                .map(|user| user.data_dir()),
        }
    }
}

impl Request {
    /// Does it.
    pub async fn perform(&self) -> Result<Printed, Complaint> {
        let now = SystemTime::now();
        match self {
            Self::CertsInit(init) => init.perform(now),
            Self::CertsIssue(issue) => issue.perform(now),
            Self::CertsInspect(inspect) => inspect.perform(now).await,
            Self::CertsCheck(check) => check.perform(now),
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
    pub fn new(typed: &Typed, surroundings: &Surroundings) -> Result<Self, Complaint> {
        let output = typed.output;
        let folder = DefaultFolder::within(surroundings.data_folder.clone());
        Ok(match &typed.command {
            TypedCommand::Certs(TypedCerts::Init(typed)) => {
                Self::CertsInit(Init::new(typed, &folder, output)?)
            }
            TypedCommand::Certs(TypedCerts::Issue(typed)) => {
                Self::CertsIssue(Issue::new(typed, &folder, output)?)
            }
            TypedCommand::Certs(TypedCerts::Inspect(typed)) => {
                Self::CertsInspect(Inspect::new(typed, &folder, output))
            }
            TypedCommand::Certs(TypedCerts::Check(typed)) => {
                Self::CertsCheck(Check::new(typed, &folder, output)?)
            }
            TypedCommand::Demo => Self::Demo(DemoOptions {
                output,
                progress: surroundings.stderr_is_terminal && !typed.quiet,
            }),
            TypedCommand::Version => Self::Version(output),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn demo(line: &str, stderr_is_terminal: bool) -> DemoOptions {
        let typed = Typed::try_parse_from(line.split(' ')).unwrap();
        let surroundings = Surroundings {
            stderr_is_terminal,
            data_folder: None,
        };
        match Request::new(&typed, &surroundings).unwrap() {
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
