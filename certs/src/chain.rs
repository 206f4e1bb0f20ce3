//! Whether trusted CAs vouch for a certificate.

use std::sync::Arc;
use std::time::SystemTime;

use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::provider::provider;

/// Whether one of `roots` vouches for the first certificate of `chain`, with the others as
/// intermediates, at `now`; if not, why.
///
/// This is what TLS asks of a peer's certificate beyond its own fields. It does not say that
/// whoever shows the certificate has its key.
pub fn check_chain(
    chain: &[CertificateDer<'_>],
    roots: &[CertificateDer<'_>],
    now: SystemTime,
) -> Result<(), String> {
    let mut store = RootCertStore::empty();
    for root in roots {
        let root = root.clone().into_owned();
        store.add(root).map_err(|fault| fault.to_string())?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider())
        .build()
        .map_err(|fault| fault.to_string())?;
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|_| "the clock stands before 1970")?;
    let Some((leaf, intermediates)) = chain.split_first() else {
        return Err("there is no certificate".into());
    };
    match verifier.verify_client_cert(leaf, intermediates, UnixTime::since_unix_epoch(now)) {
        Ok(_) => Ok(()),
        Err(rustls::Error::InvalidCertificate(fault)) => Err(match fault {
            rustls::CertificateError::UnknownIssuer => "unknown issuer".into(),
            rustls::CertificateError::BadSignature => "wrong signature".into(),
            other => other.to_string(),
        }),
        Err(other) => Err(other.to_string()),
    }
}
