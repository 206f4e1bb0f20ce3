//! An event that was heard.

use std::time::SystemTime;

use quibus::PeerId;
use serde_json::{Map, Value};

use super::shown::Shown;
use crate::output_form::OutputForm;

/// An event that was heard: when, whose, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct TailedEvent {
    /// When it came here.
    pub at: SystemTime,
    /// Who published it.
    pub sender: PeerId,
    /// Its type.
    pub message_type: &'static str,
    /// What it says.
    pub message: Shown,
}

impl TailedEvent {
    /// Its line.
    pub fn render(&self, form: OutputForm) -> String {
        let at = humantime::format_rfc3339_millis(self.at).to_string();
        let (sender, name) = (&self.sender, self.message_type);
        match form {
            OutputForm::Text => {
                // People who look on know what day it is.
                let time = at.get(11..23).unwrap_or(&at);
                let name = name.escape_debug();
                format!("{time}  {sender}  {name}  {}\n", self.message.in_a_line())
            }
            OutputForm::Json => {
                let mut event = Map::new();
                event.insert("kind".into(), "Event".into());
                event.insert("apiVersion".into(), "quibus/v1".into());
                event.insert("time".into(), at.into());
                event.insert("sender".into(), sender.as_str().into());
                event.insert("type".into(), name.into());
                self.message.add_to("message", &mut event);
                format!("{}\n", Value::Object(event))
            }
        }
    }
}
