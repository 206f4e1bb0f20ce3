//! Why a certificate is nobody's identity here.

use crate::spiffe_id::{InvalidSpiffeId, SpiffeId};

/// Why a certificate does not prove an identity. Foreign text in it is escaped and cut.
///
/// It names what is wrong with the certificate, not where the certificate came from: the caller
/// knows whether that is a file ([`CredentialsError`](crate::CredentialsError) adds it) or the
/// other side of a link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Not an X.509 certificate, or one with a broken, doubled or malformed part.
    #[error("the certificate cannot be read: {reason}; issue it anew")]
    Unreadable {
        /// Which part, and how.
        reason: String,
    },
    /// A CA signs others and is nobody itself: whoever could link with it could be anyone.
    #[error("this is a CA certificate, not a peer's: use the certificate the CA issued")]
    Authority,
    /// No URI among the subject alternative names; a common name or DNS name is not identity.
    #[error(
        "no identity: the certificate has no URI subject alternative name, issue one with \
         spiffe://<environment>/<kind>/<name>"
    )]
    NoIdentity,
    /// Several URIs: which one counts would be a guess.
    #[error(
        "{} URI subject alternative names ({}): issue the certificate with exactly one", .uris.len(), .uris.join(", ")
    )]
    SeveralIdentities {
        /// All of them, escaped and cut.
        uris: Vec<String>,
    },
    /// The URI is not a SPIFFE id of this bus.
    #[error(transparent)]
    InvalidIdentity(#[from] InvalidSpiffeId),
    /// The extended key usage is absent or lacks one of the two that every peer needs, as peers
    /// both dial and accept.
    #[error(
        "the extended key usage lacks {usage}: issue the certificate with serverAuth and clientAuth"
    )]
    MissingUsage {
        /// `serverAuth` or `clientAuth`.
        usage: &'static str,
    },
    /// A key usage that does not allow what TLS 1.3 does with the key.
    #[error("the key usage lacks digitalSignature: TLS 1.3 does nothing else with the key")]
    NoSignatures,
    /// Neither Ed25519 nor P-256.
    #[error("the key is {found}: use Ed25519 or P-256")]
    KeyType {
        /// What it is instead.
        found: String,
    },
    /// The certificate is right, in another environment.
    #[error(
        "{id} belongs to environment \"{}\", not to \"{expected}\"", .id.environment()
    )]
    WrongEnvironment {
        /// Whom the certificate names.
        id: SpiffeId,
        /// The environment that was expected, escaped and cut.
        expected: String,
    },
    /// Its time is over.
    #[error("the certificate expired at {not_after}, now it is {now}: renew it")]
    Expired {
        /// End of its validity, for people.
        not_after: String,
        /// The clock it was held against, for people.
        now: String,
    },
    /// Its time has not come, or the clock is slow.
    #[error(
        "the certificate is valid from {not_before}, now it is {now}: check the clock of this \
         machine"
    )]
    NotYetValid {
        /// Begin of its validity, for people.
        not_before: String,
        /// The clock it was held against, for people.
        now: String,
    },
}
