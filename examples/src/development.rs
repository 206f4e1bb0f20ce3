//! A bus for the programs of one machine: certificates and the directory's address in a folder.

use std::path::PathBuf;
use std::time::SystemTime;
use std::{fs, io};

use quibus::{Identity, PeerId};
use quibus_certs::issue::{DevelopmentCa, IssueError, Validity};
use quibus_certs::{Credentials, CredentialsError};
use quibus_quic::Quic;

/// A folder with what programs of one machine need to meet: a development CA, a certificate for
/// each of them, and the address of their directory.
#[derive(Debug, Clone)]
pub struct Development {
    folder: PathBuf,
}

/// Why a development folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DevelopmentError {
    /// A peer's name is none.
    #[error("\"{0}\" is no name of a peer; write it like Shop.0")]
    Name(String),
    /// A certificate can't be made.
    #[error("cannot make certificates in {}; if it holds old ones, delete it", .0.display())]
    Issue(PathBuf, #[source] Box<IssueError>),
    /// The certificate of this program can't be loaded.
    #[error(
        "cannot load the certificate of {name} from {}; start `directory` first, in this folder: \
         it makes those that are missing or expired", .folder.display()
    )]
    Credentials {
        /// Whose certificate.
        name: String,
        /// Where it was looked for.
        folder: PathBuf,
        /// Why it can't be loaded.
        source: Box<CredentialsError>,
    },
    /// Where the directory is can't be written or read.
    #[error("cannot {verb} the directory's address in {}; is `directory` running?", .file.display())]
    Address {
        /// `read` or `write`.
        verb: &'static str,
        /// The file with the address.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Development {
    /// Where programs look, from the folder they are started in.
    pub const FOLDER: &str = "target/quibus-examples";
    /// Where the directory listens.
    pub const ADDRESS: &str = "127.0.0.1:7400";
    /// What the directory is called.
    pub const DIRECTORY: &str = "Directory.0";

    /// The environment in the certificates' names.
    const ENVIRONMENT: &str = "examples";
    /// The file that says where the directory is.
    const ADDRESS_FILE: &str = "directory.address";

    /// The network in [`FOLDER`](Self::FOLDER).
    pub fn here() -> Self {
        Self::at(Self::FOLDER)
    }

    /// The network in this folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self { folder }
    }

    /// Makes the CA and the certificates of the directory and of these peers, as far as they are
    /// missing or no longer valid.
    ///
    /// # Errors
    /// If the folder can't be written, or what is in it is broken.
    pub fn prepare(&self, peers: &[&str]) -> Result<(), DevelopmentError> {
        let failed = |cause| DevelopmentError::Issue(self.folder.clone(), Box::new(cause));
        let mut identities = vec![Identity::Directory(peer(Self::DIRECTORY)?)];
        for name in peers {
            identities.push(Identity::Peer(peer(name)?));
        }
        let ca = self.authority().map_err(failed)?;
        for identity in identities {
            if self.load(&identity).is_err() {
                let issued = ca.issue(&identity, Validity::default()).map_err(failed)?;
                issued.replace(&self.folder).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// QUIC for the directory, on a free port of this machine unless told otherwise.
    ///
    /// # Errors
    /// If its certificate can't be loaded.
    pub fn directory(&self) -> Result<Quic, DevelopmentError> {
        self.quic(&Identity::Directory(peer(Self::DIRECTORY)?))
    }

    /// QUIC for a peer, on a free port of this machine unless told otherwise.
    ///
    /// # Errors
    /// If its certificate can't be loaded.
    pub fn peer(&self, name: &str) -> Result<Quic, DevelopmentError> {
        self.quic(&Identity::Peer(peer(name)?))
    }

    /// Tells the other programs where the directory is.
    ///
    /// # Errors
    /// If the folder can't be written.
    pub fn announce(&self, address: &str) -> Result<(), DevelopmentError> {
        let file = self.folder.join(Self::ADDRESS_FILE);
        fs::write(&file, address).map_err(|source| DevelopmentError::Address {
            verb: "write",
            file,
            source,
        })
    }

    /// Where the directory was when it last started.
    ///
    /// # Errors
    /// If it never did in this folder.
    pub fn directory_address(&self) -> Result<String, DevelopmentError> {
        let file = self.folder.join(Self::ADDRESS_FILE);
        fs::read_to_string(&file).map_err(|source| DevelopmentError::Address {
            verb: "read",
            file,
            source,
        })
    }

    fn quic(&self, identity: &Identity) -> Result<Quic, DevelopmentError> {
        let credentials = self.load(identity);
        let credentials = credentials.map_err(|source| DevelopmentError::Credentials {
            name: identity.to_string(),
            folder: self.folder.clone(),
            source: Box::new(source),
        })?;
        Ok(Quic::with(credentials).listen("127.0.0.1:0"))
    }

    /// The CA that is there, unless it would end before a certificate that it issues.
    fn authority(&self) -> Result<DevelopmentCa, IssueError> {
        let file = self.folder.join(DevelopmentCa::CERTIFICATE_FILE);
        if file.exists() {
            let ca = DevelopmentCa::load(&self.folder)?;
            if SystemTime::now() + Validity::LEAF < ca.not_after() {
                return Ok(ca);
            }
        }
        let ca = DevelopmentCa::create(Self::ENVIRONMENT, DevelopmentCa::VALID_FOR)?;
        ca.replace(&self.folder)?;
        Ok(ca)
    }

    fn load(&self, identity: &Identity) -> Result<Credentials, CredentialsError> {
        // As the CA names its files: `/peer/Echo.0` is in `peer-Echo.0.pem`.
        let stem = identity.to_string().replacen('/', "", 1).replace('/', "-");
        let file = |ending| self.folder.join(format!("{stem}.{ending}"));
        let ca = self.folder.join(DevelopmentCa::CERTIFICATE_FILE);
        Credentials::load(file("pem"), file("key"), ca)
    }
}

fn peer(name: &str) -> Result<PeerId, DevelopmentError> {
    name.parse()
        .map_err(|_| DevelopmentError::Name(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> (tempfile::TempDir, Development) {
        let folder = tempfile::tempdir().unwrap();
        let network = Development::at(folder.path().join("made"));
        (folder, network)
    }

    fn certificate(network: &Development, stem: &str) -> String {
        fs::read_to_string(network.folder.join(format!("{stem}.pem"))).unwrap()
    }

    #[test]
    fn what_was_prepared_is_loaded_and_preparing_again_keeps_it() {
        let (_kept, network) = network();
        network.prepare(&["Echo.0"]).unwrap();
        assert!(network.directory().is_ok() && network.peer("Echo.0").is_ok());
        let before = certificate(&network, "peer-Echo.0");
        network.prepare(&["Echo.0", "Other.0"]).unwrap();
        assert_eq!(certificate(&network, "peer-Echo.0"), before);
        assert!(network.peer("Other.0").is_ok());
    }

    #[test]
    fn a_certificate_that_no_longer_belongs_to_the_ca_is_made_anew() {
        let (_kept, network) = network();
        network.prepare(&["Echo.0"]).unwrap();
        let before = certificate(&network, "peer-Echo.0");
        let soon = std::time::Duration::from_secs(3600);
        let ending = DevelopmentCa::create("examples", soon).unwrap();
        ending.replace(&network.folder).unwrap();
        assert!(network.peer("Echo.0").is_err());
        network.prepare(&["Echo.0"]).unwrap();
        assert_ne!(certificate(&network, "peer-Echo.0"), before);
        assert!(network.peer("Echo.0").is_ok());
    }

    #[test]
    fn what_is_missing_is_named_with_what_to_do() {
        let (_kept, network) = network();
        let text = network.peer("Echo.0").unwrap_err().to_string();
        assert!(
            text.contains("/peer/Echo.0") && text.contains("start `directory`"),
            "{text}"
        );
        let text = network.directory_address().unwrap_err().to_string();
        assert!(
            text.contains("cannot read") && text.contains("directory.address"),
            "{text}"
        );
        assert!(
            network
                .prepare(&["no name"])
                .unwrap_err()
                .to_string()
                .contains("\"no name\"")
        );
    }

    #[test]
    fn the_announced_address_is_read_back() {
        let (_kept, network) = network();
        network.prepare(&[]).unwrap();
        network.announce("127.0.0.1:7").unwrap();
        assert_eq!(network.directory_address().unwrap(), "127.0.0.1:7");
    }
}
