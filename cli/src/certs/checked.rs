//! One certificate that was checked.

use std::path::Path;
use std::time::{Duration, SystemTime};

use quibus::Identity;
use quibus_certs::issue::DevelopmentCa;
use quibus_certs::{Credentials, Inspection, Role, Span, inspect_file};
use serde_json::{Value, json};

use super::inspected::item;
use super::kind::Kind;
use super::place::Place;

/// One certificate of a file, with everything that speaks against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The file.
    pub file: String,
    /// What it says; nothing if that can't be read.
    pub inspection: Option<Inspection>,
    /// What is wrong, a sentence each.
    pub problems: Vec<String>,
}

impl Checked {
    /// All certificates of a file, which must hold for at least `margin`; one without a
    /// certificate if there is none to be read.
    pub fn all_in(file: &Path, margin: Duration, now: SystemTime) -> Vec<Self> {
        let name = file.display().to_string();
        let inspections = match inspect_file(file, now) {
            Ok(inspections) => inspections,
            Err(fault) => {
                return vec![Self {
                    file: name,
                    inspection: None,
                    problems: vec![fault.to_string()],
                }];
            }
        };
        let mut checked: Vec<Self> = inspections
            .into_iter()
            .map(|inspection| Self::judge(&name, inspection, margin))
            .collect();
        // Only the first is the file's own; what follows are intermediates.
        if let Some(first) = checked.first_mut()
            && first.problems.is_empty()
        {
            first.problems.extend(first.unusable(file));
        }
        checked
    }

    /// Whether nothing speaks against it.
    pub fn holds(&self) -> bool {
        self.problems.is_empty()
    }

    /// For scripts.
    pub fn to_json(&self) -> Value {
        json!({
            "file": self.file,
            "holds": self.holds(),
            "problems": self.problems,
            "certificate": self.inspection.as_ref().map(item),
        })
    }

    fn judge(file: &str, inspection: Inspection, margin: Duration) -> Self {
        let mut problems = inspection.problems.clone();
        if problems.is_empty() && inspection.remaining < margin {
            problems.push(format!("it ends in {}", Span(inspection.remaining)));
        }
        Self {
            file: file.into(),
            inspection: Some(inspection),
            problems,
        }
    }

    /// The command that makes it once more, if that can be done here.
    pub fn renewal(&self) -> Option<String> {
        let id = self.inspection.as_ref()?.id.as_ref()?;
        let (kind, name) = match id.identity() {
            Identity::Peer(peer) => (Kind::Peer, peer.to_string()),
            Identity::Directory(peer) => (Kind::Directory, peer.to_string()),
            Identity::Service(name) => (Kind::Service, name.to_string()),
            Identity::Operator(name) => (Kind::Operator, name.to_string()),
            Identity::Admin(name) => (Kind::Admin, name.to_string()),
        };
        let folder = Path::new(&self.file).parent()?;
        if !folder.join(DevelopmentCa::KEY_FILE).exists() {
            return None;
        }
        let place = Place::Folder(folder.into());
        Some(format!("{} --replace", place.issue(kind.word(), &name)))
    }

    /// Why a peer could not start with this file and the key and the CA beside it, if they are
    /// there.
    fn unusable(&self, file: &Path) -> Option<String> {
        let is_authority = |inspection: &Inspection| inspection.role == Role::Authority;
        if self.inspection.as_ref().is_none_or(is_authority) {
            return None;
        }
        let (key, ca) = (
            file.with_extension("key"),
            file.with_file_name(DevelopmentCa::CERTIFICATE_FILE),
        );
        if !key.exists() || !ca.exists() {
            return None;
        }
        let fault = Credentials::load(file, key, ca).err()?;
        Some(fault.to_string())
    }
}
