//! All that was found.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::finding::{Finding, Gravity};
use crate::output_form::OutputForm;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default();

/// All that was found. As JSON its shape is stable: fields are added, never changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// In the order in which it was looked at.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// Whether nothing is a problem; warnings may be there.
    pub fn is_healthy(&self) -> bool {
        self.count(Gravity::Problem) == 0
    }

    /// The text for stdout, with colours that the stream takes out where they are not wanted.
    pub fn render(&self, form: OutputForm) -> String {
        match form {
            OutputForm::Text => self.text(),
            OutputForm::Json => {
                let diagnosis = json!({
                    "kind": "Diagnosis",
                    "apiVersion": "quibus/v1",
                    "healthy": self.is_healthy(),
                    "items": self.findings,
                });
                format!("{diagnosis}\n")
            }
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for finding in &self.findings {
            let (style, mark) = match finding.gravity {
                Gravity::Ok => (GOOD, "ok"),
                Gravity::Warning => (DOUBTFUL, "! "),
                Gravity::Problem => (BAD, "!!"),
            };
            let check = finding.check;
            let _ = writeln!(
                text,
                "{style}{mark}{style:#}  {check:<13} {}",
                finding.found
            );
            if !finding.cure.is_empty() {
                let _ = writeln!(text, "    {HELP}cure:{HELP:#} {}", finding.cure);
            }
        }
        let counted = |count: usize, word: &str| match count {
            1 => format!("1 {word}"),
            count => format!("{count} {word}s"),
        };
        let problems = counted(self.count(Gravity::Problem), "problem");
        let warnings = counted(self.count(Gravity::Warning), "warning");
        let _ = writeln!(text, "\n{problems}, {warnings}");
        text
    }

    fn count(&self, gravity: Gravity) -> usize {
        let such = self.findings.iter().filter(|it| it.gravity == gravity);
        such.count()
    }
}
