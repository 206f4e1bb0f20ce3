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
