//! Who is who: the identity of quibus peers.
//!
//! A peer is what its TLS certificate proves, and nothing else: exactly one URI subject
//! alternative name, `spiffe://<environment>/<kind>/<name>`. This crate owns that grammar
//! ([`SpiffeId`]) and judges certificates by it.

mod certificate_error;
mod certificate_fields;
mod credentials;
mod credentials_error;
mod inspection;
mod peer_certificate;
mod pem_text;
mod provider;
mod spiffe_id;
#[cfg(test)]
mod test_ca;
mod utc;

pub use certificate_error::CertificateError;
pub use credentials::Credentials;
pub use credentials_error::CredentialsError;
pub use inspection::{Inspection, Role, inspect, inspect_file};
pub use peer_certificate::{PeerCertificate, check_peer};
pub use pem_text::MAX_FILE_LEN;
pub use spiffe_id::{InvalidSpiffeId, SpiffeId, SpiffeIdFault};
