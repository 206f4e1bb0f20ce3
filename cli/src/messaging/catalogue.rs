//! The types that peers have described to the directory.

use std::collections::BTreeSet;

use quibus::Bus;
use quibus::bus::LookUpError;
use quibus::config::nearest;
use quibus::directory::contract::KnownType;
use quibus::message::raw::RawType;

use super::subject::Subject;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;

/// The types that peers have described to the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    types: Vec<KnownType>,
    /// What somebody subscribes to, described or not.
    subscribed: BTreeSet<String>,
}

impl Catalogue {
    /// Asks the directory.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn load(bus: &Bus) -> Result<Self, Complaint> {
        let types = bus.list_types().await.map_err(|cause| unanswered(&cause))?;
        let mut subscribed = BTreeSet::new();
        for peer in bus.peers() {
            let types = peer.descriptor.subscriptions.iter();
            subscribed.extend(types.map(|(name, _)| name.to_string()));
        }
        Ok(Self { types, subscribed })
    }

    /// What is known of a type, of all peers that know it most; `None` if nobody has described it.
    ///
    /// # Errors
    /// If the directory does not answer any more.
    pub async fn find(&self, bus: &Bus, name: &str) -> Result<Option<Subject>, Complaint> {
        let of_name = || self.types.iter().filter(|known| known.name == name);
        let Some(most) = of_name().max_by_key(|known| (known.peers, known.hash)) else {
            return Ok(None);
        };
        let described = bus.get_type(most.hash).await;
        let described = described.map_err(|cause| unanswered(&cause))?;
        let Some(described) = described.filter(|described| described.name == name) else {
            return Ok(None);
        };
        let mut subject = Subject::of(described)?;
        let versions = of_name().count();
        if versions > 1 {
            let peers = most.peers;
            let note = format!(
                "{versions} versions of {name} are known; the one of {peers} peers is used"
            );
            subject.note(note);
        }
        Ok(Some(subject))
    }

    /// The names of all that are described.
    pub fn names(&self) -> BTreeSet<&str> {
        self.types.iter().map(|known| &*known.name).collect()
    }

    /// A type that is to be found.
    ///
    /// # Errors
    /// If nobody has described it: what may have been meant, and what can be done without.
    pub async fn get(&self, bus: &Bus, name: &str, raw: bool) -> Result<Subject, Complaint> {
        match self.find(bus, name).await? {
            Some(subject) => Ok(subject),
            None if raw => {
                let raw_type = RawType::new(name).map_err(|cause| {
                    let help = "write it as in `quibus subscriptions`";
                    Complaint::new("there is no such type", help)
                        .because(&cause)
                        .ending(ExitStatus::Usage)
                })?;
                Ok(Subject::unknown(raw_type))
            }
            None => Err(self.unknown(name)),
        }
    }

    fn unknown(&self, name: &str) -> Complaint {
        let described = self.types.iter().map(|known| known.name.as_str());
        let subscribed = self.subscribed.iter().map(String::as_str);
        let meant = nearest(name, described.chain(subscribed)).filter(|meant| *meant != name);
        let tried = format!("nobody has described {}", name.escape_debug());
        let help = match meant {
            Some(meant) => format!("did you mean {}?", meant.escape_debug()),
            None if self.subscribed.contains(name) => {
                "peers subscribe to it, but none says what it looks like; --raw takes and shows \
                 its messages as bytes"
                    .into()
            }
            None => "peers describe what they handle, and with Builder::describe what they only \
                     send; `quibus subscriptions` shows what is handled"
                .into(),
        };
        Complaint::new(tried, help).ending(ExitStatus::Nothing)
    }
}

fn unanswered(cause: &LookUpError) -> Complaint {
    let (help, status) = match cause {
        LookUpError::Unanswered(_) => (
            "see with `quibus doctor` what is in the way",
            ExitStatus::Unreachable,
        ),
        _ => (
            "a directory of another version may not know types; --raw needs none",
            ExitStatus::Failed,
        ),
    };
    Complaint::new("the directory does not say what types there are", help)
        .because(cause)
        .ending(status)
}
