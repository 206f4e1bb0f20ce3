//! What there is to start with, and what had to be made for it.

use std::path::PathBuf;
use std::time::SystemTime;

use quibus_certs::Credentials;
use quibus_certs::issue::IssuedFiles;

/// Whether something was there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It was there and lasts.
    Kept,
    /// It was not there.
    New,
    /// It had ended, was about to, or did not belong to the CA any more.
    Renewed,
}

impl Made {
    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::New => "new",
            Self::Renewed => "renewed",
        }
    }
}

/// A folder with all that a development bus needs.
#[derive(Debug)]
pub struct Prepared {
    /// What became of the CA.
    pub ca: Made,
    /// The last moment at which the CA is valid.
    pub ca_not_after: SystemTime,
    /// The CA's certificate.
    pub ca_file: PathBuf,
    /// What became of the certificates.
    pub certificates: Made,
    /// Those of the directory.
    pub directory: Credentials,
    /// By which the tool watches.
    pub operator: IssuedFiles,
    /// By which the tool sends.
    pub tool: IssuedFiles,
}
