//! Which CA is meant, and how the next command says so.

use std::path::PathBuf;

use super::default_folder::DefaultFolder;
use super::shown::quoted;
use crate::complaint::Complaint;

/// The environment that is meant where none is named.
pub(super) const ENVIRONMENT: &str = "dev";

/// Which CA is meant: by its environment, or by the folder where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The environment's default folder.
    Environment(String),
    /// This folder.
    Folder(PathBuf),
}

impl Place {
    /// A folder comes first: the CA in it knows its environment.
    pub fn new(environment: &str, folder: Option<&PathBuf>) -> Self {
        match folder {
            Some(folder) => Self::Folder(folder.clone()),
            None => Self::Environment(environment.into()),
        }
    }

    /// Where that is.
    pub fn folder(&self, default: &DefaultFolder) -> Result<PathBuf, Complaint> {
        match self {
            Self::Environment(environment) => default.of(environment),
            Self::Folder(folder) => Ok(folder.clone()),
        }
    }

    /// The command that makes the CA.
    pub fn init(&self) -> String {
        match self {
            Self::Environment(environment) if environment == ENVIRONMENT => {
                "quibus certs init".into()
            }
            Self::Environment(environment) => format!("quibus certs init {environment}"),
            Self::Folder(folder) => {
                format!("quibus certs init ENVIRONMENT --folder {}", quoted(folder))
            }
        }
    }

    /// The command that makes a certificate.
    pub fn issue(&self, kind: &str, name: &str) -> String {
        let command = format!("quibus certs issue {kind} {name}");
        match self {
            Self::Environment(environment) if environment == ENVIRONMENT => command,
            Self::Environment(environment) => format!("{command} --environment {environment}"),
            Self::Folder(folder) => format!("{command} --folder {}", quoted(folder)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_command_says_no_more_than_it_must() {
        let place = Place::new("dev", None);
        assert_eq!(place.init(), "quibus certs init");
        assert_eq!(place.issue("peer", "A.0"), "quibus certs issue peer A.0");
        let place = Place::new("staging", None);
        assert_eq!(place.init(), "quibus certs init staging");
        let issue = "quibus certs issue peer A.0 --environment staging";
        assert_eq!(place.issue("peer", "A.0"), issue);
        let place = Place::new("dev", Some(&"/a b".into()));
        let issue = "quibus certs issue peer A.0 --folder '/a b'";
        assert_eq!(place.issue("peer", "A.0"), issue);
    }
}
