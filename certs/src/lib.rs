//! Who is who: the identity of quibus peers.
//!
//! A peer is what its TLS certificate proves, and nothing else: exactly one URI subject
//! alternative name, `spiffe://<environment>/<kind>/<name>`. This crate owns that grammar
//! ([`SpiffeId`]) and judges certificates by it.

mod certificate_error;
mod certificate_fields;
mod peer_certificate;
mod spiffe_id;
#[cfg(test)]
mod test_ca;
mod utc;

pub use certificate_error::CertificateError;
pub use peer_certificate::{PeerCertificate, check_peer};
pub use spiffe_id::{InvalidSpiffeId, SpiffeId, SpiffeIdFault};
