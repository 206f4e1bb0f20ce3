//! Who is who: the identity of quibus peers.
//!
//! A peer is what its TLS certificate proves, and nothing else: exactly one URI subject
//! alternative name, `spiffe://<environment>/<kind>/<name>`. No common name, no DNS name and no
//! address counts. This crate owns that grammar and judges certificates by it; who signed a
//! certificate, and whether the other side holds its key, the TLS verifiers of `quibus-quic` find
//! out.
//!
//! - [`SpiffeId`]: the grammar, one spelling per identity.
//! - [`PeerCertificate`]: what one certificate says, if it is exactly a peer's. [`check_peer`] is
//!   the same question with an environment, as a verifier asks it of the other side.
//! - [`Credentials`]: certificate, private key and trusted CAs of this process, out of three
//!   files. What is wrong with them is said at start, by file, not at the first handshake.
//! - [`inspect`]: a certificate laid open for people, with every problem it has; [`check_chain`]
//!   says whether trusted CAs vouch for it.
//! - `issue` (feature of that name): a development CA.

mod certificate_error;
mod certificate_fields;
mod chain;
mod credentials;
mod credentials_error;
mod inspection;
#[cfg(feature = "issue")]
pub mod issue;
mod peer_certificate;
mod pem_text;
mod provider;
mod spiffe_id;
#[cfg(test)]
mod test_ca;
mod utc;

pub use certificate_error::CertificateError;
pub use chain::check_chain;
pub use credentials::Credentials;
pub use credentials_error::CredentialsError;
pub use inspection::{Inspection, Role, certificates_in, inspect, inspect_chain, inspect_file};
pub use peer_certificate::{PeerCertificate, check_peer};
pub use pem_text::MAX_FILE_LEN;
pub use spiffe_id::{InvalidSpiffeId, SpiffeId, SpiffeIdFault};
pub use utc::{Span, Utc};
