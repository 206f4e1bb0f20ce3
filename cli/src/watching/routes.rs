//! Who would get a message, and why.

use quibus::binding::RoutingKey;
use quibus::directory::{PeerDescriptor, PeerState, PeerView};
use serde_json::json;

use super::subscription_list::shown;
use crate::complaint::Complaint;
use crate::human_table::HumanTable;
use crate::messaging::typed_key;
use crate::output_form::OutputForm;

/// Who would get a message of some type and routing key if it were sent now, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routes {
    message_type: String,
    key: String,
    /// Everybody who is subscribed to the type.
    routes: Vec<Route>,
}

/// What becomes of the message at one subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    peer: String,
    state: PeerState,
    /// The keys that match.
    matching: Vec<String>,
    /// All its keys for this type.
    keys: Vec<String>,
}

impl Routes {
    /// Those of a view.
    ///
    /// # Errors
    /// If the text is no routing key.
    pub fn of(view: &PeerView, message_type: &str, key: Option<&str>) -> Result<Self, Complaint> {
        let routing = key.map_or(Ok(RoutingKey::new()), typed_key)?;
        let subscribed = view
            .iter()
            .filter(|peer| !peer.subscriptions.keys(message_type).is_empty());
        Ok(Self {
            message_type: message_type.into(),
            key: key.unwrap_or_default().into(),
            routes: subscribed
                .map(|peer| Route::of(peer, message_type, &routing))
                .collect(),
        })
    }

    /// Whether somebody gets it.
    pub fn lead_anywhere(&self) -> bool {
        self.routes.iter().any(Route::gets_it)
    }

    /// The text for stdout.
    pub fn render(&self, form: OutputForm) -> String {
        match form {
            OutputForm::Text if self.routes.is_empty() => {
                let name = self.message_type.escape_debug();
                format!(
                    "nobody is subscribed to {name}: a command of that type fails, an event goes \
                     nowhere\n"
                )
            }
            OutputForm::Text => format!("{}\n{}\n", self.table(), self.verdict()),
            OutputForm::Json => {
                let items = self.routes.iter().map(|route| {
                    json!({
                        "peer": route.peer,
                        "state": route.state.to_string(),
                        "getsIt": route.gets_it(),
                        "matchingKeys": route.matching,
                        "keys": route.keys,
                        "because": route.because(),
                    })
                });
                let routes = json!({
                    "kind": "RouteList",
                    "apiVersion": "quibus/v1",
                    "type": self.message_type,
                    "key": self.key,
                    "items": items.collect::<Vec<_>>(),
                });
                format!("{routes}\n")
            }
        }
    }

    fn table(&self) -> String {
        let mut table = HumanTable::new(&["PEER", "GETS IT", "STATE", "BECAUSE"], &[]);
        for route in &self.routes {
            let gets_it = if route.gets_it() { "yes" } else { "no" };
            table.row([
                route.peer.clone(),
                gets_it.into(),
                route.state.to_string(),
                route.because(),
            ]);
        }
        table.render()
    }

    fn verdict(&self) -> String {
        let subscribers = self.routes.len();
        let getting = self.routes.iter().filter(|route| route.gets_it()).count();
        match getting {
            0 => "nobody gets it".into(),
            1 => format!("1 of {subscribers} gets it"),
            _ => format!(
                "{getting} of {subscribers} get it as an event; as a command it needs a peer to be \
                 named, or deliver = \"any\""
            ),
        }
    }
}

impl Route {
    fn of(peer: &PeerDescriptor, message_type: &str, key: &RoutingKey) -> Self {
        let keys = peer.subscriptions.keys(message_type);
        let matching = keys.iter().filter(|bound| bound.matches(key));
        Self {
            peer: peer.peer.to_string(),
            state: peer.state,
            matching: matching.map(ToString::to_string).collect(),
            keys: keys.iter().map(ToString::to_string).collect(),
        }
    }

    /// Whether the message goes there now.
    pub fn gets_it(&self) -> bool {
        let takes = matches!(self.state, PeerState::Up | PeerState::Silent);
        takes && !self.matching.is_empty()
    }

    fn because(&self) -> String {
        let matching = shown(&self.matching);
        match self.state {
            _ if self.matching.is_empty() => {
                format!("none of its keys matches: {}", shown(&self.keys))
            }
            PeerState::Up => format!("{matching} matches"),
            PeerState::Silent => {
                format!("{matching} matches, but it is silent: events wait, commands fail at once")
            }
            PeerState::Draining => "it stops and takes nothing new".into(),
            PeerState::Down => "it is down".into(),
        }
    }
}
