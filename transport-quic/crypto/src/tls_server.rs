//! What an acceptor needs for its handshakes.

use std::sync::Arc;

use quinn_proto::crypto::{Keys, ServerConfig, Session, UnsupportedVersion};
use quinn_proto::transport_parameters::TransportParameters;
use quinn_proto::{ConnectionId, Side};
use rustls::quic::{Connection, ServerConnection, Suite, Version};

use crate::provider::QUIC_V1;
use crate::provider_error::ProviderError;
use crate::retry_tag;
use crate::suites;
use crate::tls_session::{TlsSession, encoded, initial_keys};

/// A server configuration of rustls as quinn takes it, with the provider that is in it, whichever
/// that is.
pub struct TlsServer {
    tls: Arc<rustls::ServerConfig>,
    initial: Suite,
}

impl TlsServer {
    /// Checks that the configuration is fit for QUIC ([`ProviderError::Unfit`]).
    pub fn new(tls: Arc<rustls::ServerConfig>) -> Result<Self, ProviderError> {
        let initial = suites::initial(tls.crypto_provider()).ok_or_else(suites::no_initial)?;
        let server = Self { tls, initial };
        // What rustls has against the configuration, it says at the first handshake.
        server.accept(Vec::new()).map_err(suites::unfit)?;
        Ok(server)
    }

    fn accept(&self, parameters: Vec<u8>) -> Result<ServerConnection, rustls::Error> {
        ServerConnection::new(self.tls.clone(), Version::V1, parameters)
    }
}

impl ServerConfig for TlsServer {
    fn initial_keys(
        &self,
        version: u32,
        dst_cid: &ConnectionId,
    ) -> Result<Keys, UnsupportedVersion> {
        if version != QUIC_V1 {
            return Err(UnsupportedVersion);
        }
        Ok(initial_keys(&self.initial, dst_cid, Side::Server))
    }

    fn retry_tag(&self, _version: u32, orig_dst_cid: &ConnectionId, packet: &[u8]) -> [u8; 16] {
        retry_tag::of(orig_dst_cid, packet)
    }

    fn start_session(
        self: Arc<Self>,
        _version: u32,
        params: &TransportParameters,
    ) -> Box<dyn Session> {
        let connection = self
            .accept(encoded(params))
            .expect("the configuration was tried when it was made, and cannot change");
        let connection = Connection::Server(connection);
        Box::new(TlsSession::new(connection, self.initial))
    }
}

#[cfg(test)]
mod tests {
    use rustls::crypto::CryptoProvider;
    use rustls::server::ResolvesServerCertUsingSni;
    use rustls::{CipherSuite, SupportedProtocolVersion, version};

    use super::*;
    use crate::vectors::every_provider;

    fn refusal(provider: CryptoProvider, version: &'static SupportedProtocolVersion) -> String {
        let tls = rustls::ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new()));
        match TlsServer::new(Arc::new(tls)) {
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

    #[test]
    fn only_version_1_has_keys() {
        for (_, provider) in every_provider() {
            let tls = rustls::ServerConfig::builder_with_provider(provider)
                .with_protocol_versions(&[&version::TLS13])
                .unwrap()
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new()));
            let server = TlsServer::new(Arc::new(tls)).unwrap();
            let id = ConnectionId::new(b"somebody");
            assert!(server.initial_keys(1, &id).is_ok());
            for version in [0, 2, 0xff00_001d, 0x6b33_43cf, u32::MAX] {
                assert!(server.initial_keys(version, &id).is_err(), "{version:#x}");
            }
        }
    }
}
