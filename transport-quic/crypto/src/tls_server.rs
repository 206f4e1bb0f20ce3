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
