//! A user with an empty folder, for tests: what is typed, and what that user reads.

use anstream::adapter::strip_str;
use clap::Parser;
use quibus::config::Contexts;

use crate::complaint::Complaint;
use crate::output_form::OutputForm;
use crate::printed::Printed;
use crate::request::{Request, Surroundings};
use crate::typed::Typed;

/// A folder for a user's data, and what is typed by that user.
pub(crate) struct Scene {
    data: tempfile::TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self {
            data: tempfile::tempdir().unwrap(),
        }
    }

    /// The folder of the environment `dev`.
    pub(crate) fn dev(&self) -> std::path::PathBuf {
        self.data.path().join("quibus/dev")
    }

    /// What comes of a command line; DATA in it is the folder.
    pub(crate) async fn typed(&self, line: &str) -> Result<Printed, Complaint> {
        let data = self.data.path().display().to_string();
        let line = line.replace("DATA", &data);
        let typed = Typed::try_parse_from(line.split(' ')).unwrap();
        let surroundings = Surroundings {
            stderr_is_terminal: false,
            contexts: Some(Contexts::at(self.data.path().join("quibus/contexts"))),
        };
        let mut out = Vec::new();
        let printed = Request::new(&typed, &surroundings)?
            .perform(&mut out)
            .await?;
        Ok(Printed {
            text: String::from_utf8(out).unwrap() + &printed.text,
            ..printed
        })
    }

    /// What is printed, with what differs from run to run replaced by words.
    pub(crate) async fn shown(&self, line: &str) -> String {
        let printed = match self.typed(line).await {
            Ok(printed) => format!("{}[exit {}]", printed.text, printed.status.code()),
            Err(complaint) => {
                let text = complaint.render(OutputForm::Text);
                format!("{text}[exit {}]", complaint.status().code())
            }
        };
        let text = strip_str(&printed).to_string();
        self.without_what_differs(&text)
    }

    fn without_what_differs(&self, text: &str) -> String {
        let data = self.data.path().display().to_string();
        let text = text.replace(&data, "DATA");
        let mut plain = String::new();
        for line in text.split_inclusive('\n') {
            let word = |word: &str| line.starts_with(word);
            match () {
                () if word("FILE ") => plain.push_str("FILE  HOLDS  WHO MAY HAVE IT\n"),
                () if word("serial") => plain.push_str("serial      ..\n"),
                () if word("valid ") => plain.push_str("valid       ..\n"),
                () if word("issuer") => plain.push_str("issuer      ..\n"),
                () => plain.push_str(&without_times(line)),
            }
        }
        plain
    }
}

/// Replaces what begins like a year of our days and has the length of a moment.
fn without_times(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("20") {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let moment = after.get(.."2026-01-01 00:00:00 UTC".len());
        match moment.filter(|moment| moment.ends_with(" UTC") || moment.contains('Z')) {
            Some(moment) if moment.ends_with(" UTC") => {
                out.push_str("2026-..-.. ..:..:.. UTC");
                rest = &after[moment.len()..];
            }
            Some(moment) => {
                let end = moment.find('Z').map_or(2, |at| at + 1);
                out.push_str("2026-..-..T..:..:..Z");
                rest = &after[end..];
            }
            None => {
                out.push_str("20");
                rest = &after[2..];
            }
        }
    }
    out + rest
}

/// The fields of a JSON value with the types of what is in them.
pub(crate) fn shape(json: &serde_json::Value) -> String {
    use serde_json::Value;
    match json {
        Value::Null => "null".into(),
        Value::Bool(_) => "bool".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "text".into(),
        Value::Array(items) => match items.first() {
            Some(first) => format!("[{}]", shape(first)),
            None => "[]".into(),
        },
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields: Vec<_> = fields
                .map(|(name, value)| format!("{name}: {}", shape(value)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}
