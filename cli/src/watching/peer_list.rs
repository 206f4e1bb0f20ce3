//! Who is there.

use quibus::directory::{PeerDescriptor, PeerView};
use serde_json::{Value, json};

use crate::human_table::HumanTable;
use crate::output_form::OutputForm;

/// Who is there, as a directory knows it.
#[derive(Debug)]
pub struct PeerList<'v> {
    view: &'v PeerView,
}

impl<'v> PeerList<'v> {
    /// All peers of a view.
    pub fn of(view: &'v PeerView) -> Self {
        Self { view }
    }

    /// The text for stdout.
    pub fn render(&self, form: OutputForm) -> String {
        match form {
            OutputForm::Text => {
                let mut table =
                    HumanTable::new(&["PEER", "STATE", "ADDRESS", "IDENTITY"], &["TYPES"]);
                for peer in self.view.iter() {
                    table.row([
                        peer.peer.to_string(),
                        peer.state.to_string(),
                        peer.address.clone(),
                        peer.identity.to_string(),
                        peer.subscriptions.iter().count().to_string(),
                    ]);
                }
                table.render()
            }
            OutputForm::Json => {
                let items: Vec<_> = self.view.iter().map(|peer| item(peer)).collect();
                let list = json!({
                    "kind": "PeerList",
                    "apiVersion": "quibus/v1",
                    "items": items,
                });
                format!("{list}\n")
            }
        }
    }
}

/// One peer for scripts.
pub(super) fn item(peer: &PeerDescriptor) -> Value {
    json!({
        "peer": peer.peer.as_str(),
        "incarnation": peer.incarnation.0,
        "state": peer.state.to_string(),
        "address": peer.address,
        "identity": peer.identity.to_string(),
        "types": peer.subscriptions.iter().count(),
    })
}
