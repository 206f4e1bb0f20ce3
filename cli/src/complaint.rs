//! What went wrong, for whoever typed the command.

use std::error::Error;
use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::{Map, Value, json};

use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default();

/// A failed operation: what was tried, the causes from near to far, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    tried: String,
    causes: Vec<String>,
    help: String,
    status: ExitStatus,
    /// What scripts are told beside the words.
    facts: Map<String, Value>,
}

impl Complaint {
    /// Trying this failed. `help` says what to do next.
    pub fn new(tried: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            tried: tried.into(),
            causes: Vec::new(),
            help: help.into(),
            status: ExitStatus::Failed,
            facts: Map::new(),
        }
    }

    /// It failed because of this, and of what caused that.
    pub fn because(mut self, cause: &(dyn Error + 'static)) -> Self {
        let mut next = Some(cause);
        while let Some(cause) = next {
            let text = cause.to_string();
            // An error that shows its source in its own text would say everything twice.
            if !self.causes.last().is_some_and(|last| last.contains(&text)) {
                self.causes.push(text);
            }
            next = cause.source();
        }
        self
    }

    /// A cause that is no error of ours.
    pub fn since(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Tells scripts a fact beside the words.
    pub fn with_fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.into(), value.into());
        self
    }

    /// Ends the process with this code.
    pub fn ending(mut self, status: ExitStatus) -> Self {
        self.status = status;
        self
    }

    /// The code to exit with.
    pub fn status(&self) -> ExitStatus {
        self.status
    }

    /// What went wrong, causes included, and what to do about it.
    pub fn in_a_line(&self) -> (String, &str) {
        let tried = std::iter::once(&self.tried);
        let parts: Vec<_> = tried.chain(&self.causes).map(String::as_str).collect();
        (parts.join(": "), &self.help)
    }

    /// The text for stderr, with colours that the stream takes out where they are not wanted.
    pub fn render(&self, form: OutputForm) -> String {
        match form {
            OutputForm::Json => {
                let mut error = json!({
                    "kind": "Error",
                    "apiVersion": "quibus/v1",
                    "error": self.tried,
                    "causes": self.causes,
                    "help": self.help,
                });
                if let Some(fields) = error.as_object_mut() {
                    fields.extend(self.facts.clone());
                }
                format!("{error}\n")
            }
            OutputForm::Text => {
                let mut text = format!("{ERROR}error:{ERROR:#} {}\n", self.tried);
                for cause in &self.causes {
                    let _ = writeln!(text, "  cause: {cause}");
                }
                let _ = writeln!(text, "  {HELP}help:{HELP:#} {}", self.help);
                text
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use anstream::adapter::strip_str;

    use super::*;

    fn complaint() -> Complaint {
        let cause = io::Error::other(io::Error::other("the socket is gone"));
        Complaint::new("cannot start Seattle.0", "free the port and try again").because(&cause)
    }

    #[test]
    fn people_read_what_was_tried_why_it_failed_and_what_to_do() {
        let text = strip_str(&complaint().render(OutputForm::Text)).to_string();
        insta::assert_snapshot!(text, @r#"
        error: cannot start Seattle.0
          cause: the socket is gone
          help: free the port and try again
        "#);
    }

    #[test]
    fn scripts_read_the_same_as_json() {
        insta::assert_snapshot!(complaint().render(OutputForm::Json), @r#"{"apiVersion":"quibus/v1","causes":["the socket is gone"],"error":"cannot start Seattle.0","help":"free the port and try again","kind":"Error"}"#);
    }
}
