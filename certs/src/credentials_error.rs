//! Why a process has no credentials.

use std::io;

use crate::certificate_error::CertificateError;

/// Why credentials could not be put together. Nothing was kept of them.
///
/// `origin`, `certificate`, `key` and `ca` are paths, or say what was given in memory. No error
/// shows anything of a private key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// The file is missing or cannot be read.
    #[error("cannot read {origin}: {fault}")]
    Read {
        /// The file.
        origin: String,
        /// What the system said.
        fault: io::Error,
    },
    /// More than [`MAX_FILE_LEN`](crate::MAX_FILE_LEN) bytes.
    #[error("{origin} is larger than 1 MiB: this cannot be a PEM file of certificates or a key")]
    TooLarge {
        /// The file.
        origin: String,
    },
    /// Others than the owner may read the private key.
    #[error(
        "the private key {origin} is open to others than its owner (mode {mode:04o}): run chmod 600 \
         {origin}"
    )]
    KeyReadableByOthers {
        /// The file.
        origin: String,
        /// Its permission bits.
        mode: u32,
    },
    /// The private key is protected by a passphrase.
    #[error(
        "the private key in {origin} is encrypted: decrypt it once (openssl pkey -in OLD -out NEW) \
         and chmod 600 the result"
    )]
    EncryptedKey {
        /// Where it stands.
        origin: String,
    },
    /// Broken PEM.
    #[error("{origin} is not PEM: {reason}")]
    NotPem {
        /// Where it stands.
        origin: String,
        /// What is broken.
        reason: &'static str,
    },
    /// Sound PEM of another kind than the one that belongs there.
    #[error("{origin} holds a {found} where a {wanted} belongs: {cure}")]
    WrongKind {
        /// Where it stands.
        origin: String,
        /// The kind that belongs there.
        wanted: &'static str,
        /// The kind that stands there.
        found: String,
        /// What to do.
        cure: &'static str,
    },
    /// Nothing of what belongs there.
    #[error("{origin} holds no {wanted}: put its PEM text there")]
    Nothing {
        /// Where it should stand.
        origin: String,
        /// What belongs there.
        wanted: &'static str,
    },
    /// More than one private key.
    #[error("{origin} holds {count} private keys: keep the one of the certificate")]
    SeveralKeys {
        /// Where they stand.
        origin: String,
        /// How many.
        count: usize,
    },
    /// A certificate is refused.
    #[error("{origin}: {fault}")]
    Certificate {
        /// Where it stands.
        origin: String,
        /// Why.
        fault: CertificateError,
    },
    /// Something else than a CA among the trusted ones.
    #[error(
        "{origin} holds a certificate that is no CA ({subject}, serial {serial}): only CA \
         certificates belong there"
    )]
    NotAuthority {
        /// Where it stands.
        origin: String,
        /// Its identity or its subject, escaped.
        subject: String,
        /// Its serial number.
        serial: String,
    },
    /// No trusted CA is valid now.
    #[error("no CA certificate in {origin} is valid now ({now}): the last one ended {not_after}")]
    AuthoritiesExpired {
        /// Where they stand.
        origin: String,
        /// The latest end among them, for people.
        not_after: String,
        /// The clock they were held against, for people.
        now: String,
    },
    /// Not a key this system can use.
    #[error("the private key in {origin} cannot be used: write Ed25519 or P-256 as PKCS #8")]
    UnusableKey {
        /// Where it stands.
        origin: String,
    },
    /// Key and certificate belong to different pairs.
    #[error(
        "the private key in {key} does not belong to {certificate}: take both from the same issue"
    )]
    KeyMismatch {
        /// Where the key stands.
        key: String,
        /// Where the certificate stands.
        certificate: String,
    },
    /// None of the trusted CAs issued the certificate, so no peer that trusts the same would
    /// accept it.
    #[error(
        "no CA in {ca} vouches for {certificate} ({reason}), issued by {issuer}: take the CA \
         bundle of the environment, and the intermediates into the certificate's file"
    )]
    Untrusted {
        /// Where the certificate stands.
        certificate: String,
        /// Where the trusted CAs stand.
        ca: String,
        /// The issuer that the certificate names, escaped.
        issuer: String,
        /// What the verifier said.
        reason: String,
    },
}
