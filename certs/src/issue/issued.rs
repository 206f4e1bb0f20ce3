//! A certificate fresh from the CA, with its private key.

use std::fmt;
use std::path::{Path, PathBuf};

use quibus::Identity;
use rustls_pki_types::CertificateDer;

use super::issue_error::IssueError;
use super::key_pair::KeyPair;
use super::new_file::{Existing, NewFile};

use crate::credentials::Credentials;
use crate::credentials_error::CredentialsError;
use crate::pem_text::PemText;
use crate::spiffe_id::SpiffeId;

/// A certificate, its private key and the CA bundle it belongs to. `Debug` never shows the key.
#[derive(Clone)]
pub struct Issued {
    id: SpiffeId,
    certificate_pem: String,
    key_pem: String,
    ca_pem: String,
    roots: Vec<CertificateDer<'static>>,
}

/// Where [`Issued::save`] has put its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedFiles {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The CA bundle.
    pub ca: PathBuf,
}

impl Issued {
    pub(super) fn new(
        id: SpiffeId,
        certificate: &rcgen::Certificate,
        key: &KeyPair,
        ca_pem: String,
        roots: Vec<CertificateDer<'static>>,
    ) -> Self {
        Self {
            id,
            certificate_pem: certificate.pem(),
            key_pem: key.to_pem(),
            ca_pem,
            roots,
        }
    }

    /// Whom it names.
    pub fn id(&self) -> &SpiffeId {
        &self.id
    }

    /// The certificate in PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The private key in PEM (PKCS #8). Whoever has it is this identity.
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// The CA bundle in PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Credentials without a detour through files. What was issued for another time than now is
    /// taken too: see [`Credentials::new`] for what is checked.
    pub fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let certificate = PemText::given("the issued certificate", self.certificate_pem.as_bytes());
        let key = PemText::given("the issued key", self.key_pem.as_bytes());
        let (chain, key) = (certificate.certificates()?, key.private_key()?);
        Credentials::new(chain, key, self.roots.clone())
    }

    /// Writes `<kind>-<name>.pem` (mode 0644) and `<kind>-<name>.key` (mode 0600) into a folder,
    /// made if need be, for instance `peer-Shop.0.pem`; and `ca.pem`, if it isn't there.
    ///
    /// A file of that name is not overwritten ([`IssueError::Exists`]).
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<IssuedFiles, IssueError> {
        self.write(folder.as_ref(), Existing::Refuse)
    }

    /// Like [`save`](Self::save), over what is there: a renewal. `ca.pem` is kept even then, it
    /// may trust others besides.
    pub fn replace(&self, folder: impl AsRef<Path>) -> Result<IssuedFiles, IssueError> {
        self.write(folder.as_ref(), Existing::Replace)
    }

    fn write(&self, folder: &Path, existing: Existing) -> Result<IssuedFiles, IssueError> {
        let stem = self.file_stem();
        let files = IssuedFiles {
            certificate: folder.join(format!("{stem}.pem")),
            key: folder.join(format!("{stem}.key")),
            ca: folder.join(super::DevelopmentCa::CERTIFICATE_FILE),
        };
        // The key first: whoever watches the folder waits for the certificate.
        let own = [
            NewFile::secret(files.key.clone(), &self.key_pem),
            NewFile::public(files.certificate.clone(), &self.certificate_pem),
        ];
        NewFile::write_all(folder, &own, existing)?;
        let ca = [NewFile::public(files.ca.clone(), &self.ca_pem)];
        match NewFile::write_all(folder, &ca, Existing::Refuse) {
            Ok(()) | Err(IssueError::Exists { .. }) => Ok(files),
            Err(fault) => Err(fault),
        }
    }

    fn file_stem(&self) -> String {
        match self.id.identity() {
            Identity::Peer(name) => format!("peer-{name}"),
            Identity::Service(name) => format!("service-{name}"),
            Identity::Directory(name) => format!("directory-{name}"),
            Identity::Operator(name) => format!("operator-{name}"),
            Identity::Admin(name) => format!("admin-{name}"),
        }
    }
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
