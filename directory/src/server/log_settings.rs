//! What a configuration says about logs.

use quibus::config::{Setting, Value, choice, section};

section! {
    /// What the program logs, on stdout; read by quibus-directory only.
    pub struct LogSettings in "log" {
        /// What is logged: a level, or levels by module as in "info,quibus=debug".
        filter: String = "info".into();
        /// "text" for people, "json" for machines: an object a line.
        format: LogFormat = LogFormat::Text;
    }
}

/// How a line of a log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// An object a line.
    Json,
}

const FORMATS: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];

impl Setting for LogFormat {
    fn read(value: &Value) -> Result<Self, String> {
        choice(value, FORMATS)
    }

    fn show(&self) -> Option<String> {
        let name = FORMATS.iter().find(|(_, format)| format == self);
        name.and_then(|(name, _)| name.to_string().show())
    }
}
