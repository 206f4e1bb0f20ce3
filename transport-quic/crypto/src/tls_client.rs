//! What a dialler needs for its handshakes.

use std::sync::Arc;

use quinn_proto::ConnectError;
use quinn_proto::crypto::{ClientConfig, Session};
use quinn_proto::transport_parameters::TransportParameters;
use rustls::pki_types::ServerName;
use rustls::quic::{ClientConnection, Connection, Suite, Version};

use crate::provider::QUIC_V1;
use crate::provider_error::ProviderError;
use crate::suites;
use crate::tls_session::{TlsSession, encoded};

/// A client configuration of rustls as quinn takes it, with the provider that is in it, whichever
/// that is.
pub struct TlsClient {
    tls: Arc<rustls::ClientConfig>,
    initial: Suite,
}

impl TlsClient {
    /// Checks that the configuration is fit for QUIC ([`ProviderError::Unfit`]).
    pub fn new(tls: Arc<rustls::ClientConfig>) -> Result<Self, ProviderError> {
        let initial = suites::initial(tls.crypto_provider()).ok_or_else(suites::no_initial)?;
        let client = Self { tls, initial };
        // What rustls has against the configuration, it says at the first handshake.
        client
            .connect("peer.invalid", Vec::new())
            .map_err(suites::unfit)?;
        Ok(client)
    }

    fn connect(&self, name: &str, parameters: Vec<u8>) -> Result<ClientConnection, rustls::Error> {
        let name = ServerName::try_from(name.to_owned())
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        ClientConnection::new(self.tls.clone(), Version::V1, name, parameters)
    }
}

impl ClientConfig for TlsClient {
    fn start_session(
        self: Arc<Self>,
        version: u32,
        server_name: &str,
        params: &TransportParameters,
    ) -> Result<Box<dyn Session>, ConnectError> {
        if version != QUIC_V1 {
            return Err(ConnectError::UnsupportedVersion);
        }
        // The name can be wrong, and the system can be without random bytes; for the second quinn
        // has no error.
        let connection = self
            .connect(server_name, encoded(params))
            .map_err(|error| ConnectError::InvalidServerName(format!("{server_name}: {error}")))?;
        let connection = Connection::Client(connection);
        Ok(Box::new(TlsSession::new(connection, self.initial)))
    }
}

#[cfg(test)]
mod tests {
    use rustls::crypto::CryptoProvider;
    use rustls::{CipherSuite, RootCertStore, SupportedProtocolVersion, version};

    use super::*;
    use crate::vectors::every_provider;

    fn tls(
        provider: CryptoProvider,
        version: &'static SupportedProtocolVersion,
    ) -> Arc<rustls::ClientConfig> {
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        Arc::new(tls)
    }

    fn refusal(provider: CryptoProvider, version: &'static SupportedProtocolVersion) -> String {
        match TlsClient::new(tls(provider, version)) {
            Err(ProviderError::Unfit { reason }) => reason,
            other => panic!("{:?}", other.err()),
        }
    }

    #[test]
    fn a_configuration_without_tls_1_3_is_unfit() {
        for (_, provider) in every_provider() {
            let mut both = CryptoProvider::clone(&provider);
            let old = rustls_graviola::default_provider()
                .cipher_suites
                .into_iter();
            both.cipher_suites
                .extend(old.filter(|suite| suite.tls13().is_none()));
            let groups = rustls_graviola::default_provider().kx_groups;
            both.kx_groups = groups;
            let reason = refusal(both, &version::TLS12);
            assert!(reason.contains("TLS 1.3"), "{reason}");
        }
    }

    #[test]
    fn a_provider_that_cannot_protect_first_packets_is_unfit() {
        for (_, provider) in every_provider() {
            let mut lacking = CryptoProvider::clone(&provider);
            lacking
                .cipher_suites
                .retain(|suite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256);
            let reason = refusal(lacking, &version::TLS13);
            assert!(reason.contains("TLS_AES_128_GCM_SHA256"), "{reason}");
        }
        // It has the suite, but for TCP only.
        let reason = refusal(rustls_graviola::default_provider(), &version::TLS13);
        assert!(reason.contains("QUIC"), "{reason}");
    }
}
