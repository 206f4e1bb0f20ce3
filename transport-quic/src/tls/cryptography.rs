//! The cryptography: which provider, with what on offer, and its wrapping for quinn.

use std::sync::Arc;

use quibus::transport::BindError;
use quibus_quic_crypto::{KeyExchange, Provider, ProviderError};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;

/// A provider with what it shall offer, found to be usable.
#[derive(Debug, Clone)]
pub(super) struct Cryptography {
    provider: Provider,
    pub(super) rustls: Arc<CryptoProvider>,
}

impl Cryptography {
    pub(super) fn new(provider: Provider, key_exchange: KeyExchange) -> Result<Self, BindError> {
        let rustls = provider.rustls(key_exchange).map_err(unusable)?;
        Ok(Self { provider, rustls })
    }

    /// Without secrets, see [`deterministic`](quibus_quic_crypto::fuzzing::deterministic).
    #[cfg(feature = "fuzzing")]
    pub(super) fn deterministic(provider: Provider) -> Result<Self, BindError> {
        let rustls = quibus_quic_crypto::fuzzing::deterministic(provider).map_err(unusable)?;
        Ok(Self { provider, rustls })
    }

    /// Wraps the dialling side's configuration for quinn.
    pub(super) fn dialling(
        &self,
        tls: rustls::ClientConfig,
    ) -> Result<quinn::ClientConfig, ProviderError> {
        self.provider.client_config(Arc::new(tls))
    }

    /// Wraps the accepting side's configuration for quinn.
    pub(super) fn accepting(
        &self,
        tls: rustls::ServerConfig,
    ) -> Result<quinn::ServerConfig, BindError> {
        self.provider.server_config(Arc::new(tls)).map_err(unusable)
    }

    /// An endpoint configuration with a random key for stateless resets.
    pub(super) fn endpoint(&self) -> Result<quinn::EndpointConfig, BindError> {
        self.provider.endpoint_config().map_err(unusable)
    }
}

fn unusable(error: ProviderError) -> BindError {
    BindError::Settings {
        reason: error.to_string(),
    }
}

/// The certificate that the other side of an established connection has shown.
pub(crate) fn peer_certificate(connection: &quinn::Connection) -> Option<CertificateDer<'static>> {
    let chain = connection
        .peer_identity()?
        .downcast::<Vec<CertificateDer<'static>>>()
        .ok()?;
    chain.into_iter().next()
}
