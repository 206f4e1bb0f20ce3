//! The cryptographic provider and quinn's glue to it: the only file that names either.

use std::sync::Arc;

use quinn::crypto::rustls::{NoInitialCipherSuite, QuicClientConfig, QuicServerConfig};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;

/// TLS 1.3 suites with AES-128-GCM first (with AES in hardware the difference between the suites
/// drowns in the kernel's share, and the smaller key is the cheaper one on fallback code), and
/// X25519 as the only key exchange.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            ring::cipher_suite::TLS13_AES_128_GCM_SHA256,
            ring::cipher_suite::TLS13_AES_256_GCM_SHA384,
            ring::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
        ],
        kx_groups: vec![ring::kx_group::X25519],
        ..ring::default_provider()
    }
}

/// Wraps the dialling side's configuration for quinn.
pub(super) fn dialling(
    configuration: rustls::ClientConfig,
) -> Result<Arc<dyn quinn::crypto::ClientConfig>, NoInitialCipherSuite> {
    Ok(Arc::new(QuicClientConfig::try_from(configuration)?))
}

/// Wraps the accepting side's configuration for quinn.
pub(super) fn accepting(
    configuration: rustls::ServerConfig,
) -> Result<quinn::ServerConfig, NoInitialCipherSuite> {
    let crypto = QuicServerConfig::try_from(configuration)?;
    Ok(quinn::ServerConfig::with_crypto(Arc::new(crypto)))
}

/// An endpoint configuration with a random key for stateless resets.
pub(crate) fn endpoint_config() -> quinn::EndpointConfig {
    quinn::EndpointConfig::default()
}

/// The certificate that the other side of an established connection has shown.
pub(crate) fn peer_certificate(connection: &quinn::Connection) -> Option<CertificateDer<'static>> {
    let chain = connection
        .peer_identity()?
        .downcast::<Vec<CertificateDer<'static>>>()
        .ok()?;
    chain.into_iter().next()
}
