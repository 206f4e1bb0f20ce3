//! Who wants what.

use quibus::directory::PeerView;
use serde_json::json;

use crate::human_table::HumanTable;
use crate::output_form::OutputForm;

/// Who wants what, as a directory knows it: a line for each type of each peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionList {
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    message_type: String,
    peer: String,
    state: String,
    keys: Vec<String>,
}

/// Most keys of a line that people are shown.
const SHOWN: usize = 4;

impl SubscriptionList {
    /// Those of a view, by type; all of them, or those to one type.
    pub fn of(view: &PeerView, message_type: Option<&str>) -> Self {
        let mut lines = Vec::new();
        for peer in view.iter() {
            for (name, keys) in peer.subscriptions.iter() {
                if message_type.is_some_and(|wanted| wanted != &**name) {
                    continue;
                }
                lines.push(Line {
                    message_type: name.to_string(),
                    peer: peer.peer.to_string(),
                    state: peer.state.to_string(),
                    keys: keys.iter().map(ToString::to_string).collect(),
                });
            }
        }
        lines.sort_by(|a, b| (&a.message_type, &a.peer).cmp(&(&b.message_type, &b.peer)));
        Self { lines }
    }

    /// Whether nobody wants anything of that.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The text for stdout.
    pub fn render(&self, form: OutputForm) -> String {
        match form {
            OutputForm::Text if self.is_empty() => "nobody subscribes to that\n".into(),
            OutputForm::Text => {
                let mut table = HumanTable::new(&["TYPE", "PEER", "STATE", "BINDING KEYS"], &[]);
                for line in &self.lines {
                    table.row([
                        line.message_type.clone(),
                        line.peer.clone(),
                        line.state.clone(),
                        shown(&line.keys),
                    ]);
                }
                table.render()
            }
            OutputForm::Json => {
                let items = self.lines.iter().map(|line| {
                    json!({
                        "type": line.message_type,
                        "peer": line.peer,
                        "state": line.state,
                        "keys": line.keys,
                    })
                });
                let list = json!({
                    "kind": "SubscriptionList",
                    "apiVersion": "quibus/v1",
                    "items": items.collect::<Vec<_>>(),
                });
                format!("{list}\n")
            }
        }
    }
}

/// Some keys for people; how many more there are is said.
pub(super) fn shown(keys: &[String]) -> String {
    let (first, more) = keys.split_at(keys.len().min(SHOWN));
    let first = first.join(", ");
    match more.len() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
