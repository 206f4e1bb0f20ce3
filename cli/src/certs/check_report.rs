//! What was found when certificates were checked.

use std::fmt::Write;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use quibus_certs::{Span, Utc};
use serde_json::json;

use super::checked::Checked;
use crate::human_table::HumanTable;
use crate::output_form::OutputForm;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// What was found when certificates were checked. As JSON its shape is stable: fields are added,
/// never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// How long each of them must hold.
    pub margin: Duration,
    /// All that were looked at.
    pub items: Vec<Checked>,
}

impl CheckReport {
    /// Whether all of them hold.
    pub fn holds(&self) -> bool {
        self.items.iter().all(Checked::holds)
    }

    /// The text for stdout, with colours that the stream takes out where they are not wanted.
    pub fn render(&self, form: OutputForm) -> String {
        match form {
            OutputForm::Text => format!("{}\n{}", self.table(), self.verdict()),
            OutputForm::Json => {
                let report = json!({
                    "kind": "CertificateCheck",
                    "apiVersion": "quibus/v1",
                    "holds": self.holds(),
                    "expiresInSeconds": self.margin.as_secs(),
                    "items": self.items.iter().map(Checked::to_json).collect::<Vec<_>>(),
                });
                format!("{report}\n")
            }
        }
    }

    fn table(&self) -> String {
        let mut table = HumanTable::new(&["", "IDENTITY", "VALID UNTIL", "LEFT", "FILE"], &[]);
        for checked in &self.items {
            let mark = if checked.holds() { "ok" } else { "!!" };
            let [identity, until, left] = match &checked.inspection {
                Some(seen) => [
                    match (&seen.id, &seen.environment) {
                        (Some(id), _) => id.to_string(),
                        (None, Some(environment)) => format!("CA of {environment}"),
                        (None, None) => "none".into(),
                    },
                    Utc(seen.not_after).to_string(),
                    Span(seen.remaining).to_string(),
                ],
                None => ["-"; 3].map(Into::into),
            };
            table.row([mark.into(), identity, until, left, checked.file.clone()]);
        }
        table.render()
    }

    fn verdict(&self) -> String {
        let margin = Span(self.margin);
        let count = match self.items.len() {
            1 => "1 certificate holds".to_owned(),
            count => format!("{count} certificates hold"),
        };
        if self.holds() {
            return format!("{GOOD}ok{GOOD:#} {count} for at least {margin}\n");
        }
        let mut text = format!("{BAD}FAILED{BAD:#}\n");
        for checked in self.items.iter().filter(|checked| !checked.holds()) {
            let _ = writeln!(text, "  {}: {}", checked.file, checked.problems.join("; "));
            if let Some(renewal) = checked.renewal() {
                let _ = writeln!(text, "    {HELP}renew:{HELP:#} {renewal}");
            }
        }
        text
    }
}
