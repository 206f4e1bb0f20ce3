//! Why nothing was issued or saved.

use std::io;

use crate::credentials_error::CredentialsError;
use crate::spiffe_id::InvalidSpiffeId;

/// Why a CA or a certificate could not be made, read or saved. What already lay in a file before
/// is untouched, unless the error is [`Write`](Self::Write) while replacing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The environment is not a legal one.
    #[error(transparent)]
    InvalidEnvironment(#[from] InvalidSpiffeId),
    /// A validity that no certificate can have.
    #[error("a certificate can't be valid {period}: {reason}")]
    Validity {
        /// What was asked for.
        period: String,
        /// Why not.
        reason: &'static str,
    },
    /// The certificate would be valid longer than the CA.
    #[error(
        "the CA ends at {authority_not_after}, before the certificate would ({not_after}): create \
         a new CA, or ask for less time"
    )]
    OutlivesAuthority {
        /// Asked end of the certificate, for people.
        not_after: String,
        /// End of the CA, for people.
        authority_not_after: String,
    },
    /// The file is there and nobody asked to replace it.
    #[error("{file} already exists and was left as it is: choose another folder, or replace it")]
    Exists {
        /// The file.
        file: String,
    },
    /// The system refused to write.
    #[error("cannot write {file}: {fault}")]
    Write {
        /// The file or folder.
        file: String,
        /// What the system said.
        fault: io::Error,
    },
    /// The files of a CA cannot be read.
    #[error("the CA cannot be used: {0}")]
    Load(#[from] CredentialsError),
    /// These are files of a CA, but not of one that this library made.
    #[error("{file} is not a development CA: {reason}")]
    NotDevelopmentCa {
        /// The CA's certificate file.
        file: String,
        /// What is missing.
        reason: String,
    },
    /// Making a key or a signature failed.
    #[error("cannot sign: {reason}")]
    Signer {
        /// What the cryptographic provider said.
        reason: String,
    },
}
