//! One handshake and the secrets that come of it.

use std::any::Any;
use std::io::Cursor;

use quinn_proto::crypto::{
    ExportKeyingMaterialError, HeaderKey, KeyPair, Keys, PacketKey, Session,
};
use quinn_proto::transport_parameters::TransportParameters;
use quinn_proto::{ConnectionId, Side, TransportError, TransportErrorCode};
use rustls::pki_types::CertificateDer;
use rustls::quic::{Connection, KeyChange, Secrets, Suite, Version};
use rustls::{CipherSuite, NamedGroup};

use crate::quic_keys::{self, header_key, packet_key};
use crate::retry_tag;

/// What both sides agreed on, as [`quinn::Connection::handshake_data`] gives it.
///
/// [`quinn::Connection::handshake_data`]: https://docs.rs/quinn/0.11/quinn/struct.Connection.html#method.handshake_data
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandshakeData {
    /// The application protocol, where protocols were offered.
    pub protocol: Option<Vec<u8>>,
    /// The name that the dialler asked for; never set on the dialler's side.
    pub server_name: Option<String>,
    /// The suite that protects packets; known when the handshake is complete, and on the
    /// acceptor's side before that.
    pub cipher_suite: Option<CipherSuite>,
    /// How the secret was agreed on; known as early as the suite.
    pub key_exchange: Option<NamedGroup>,
}

/// A TLS 1.3 session of rustls as quinn drives it.
pub(crate) struct TlsSession {
    connection: Connection,
    /// Protects the first packets, whatever is negotiated.
    initial: Suite,
    /// Of the packet keys after the present ones.
    next: Option<Secrets>,
    has_data: bool,
}

impl TlsSession {
    pub(crate) fn new(connection: Connection, initial: Suite) -> Self {
        Self {
            connection,
            initial,
            next: None,
            has_data: false,
        }
    }

    fn side(&self) -> Side {
        match self.connection {
            Connection::Client(_) => Side::Client,
            Connection::Server(_) => Side::Server,
        }
    }

    fn server_name(&self) -> Option<&str> {
        match &self.connection {
            Connection::Client(_) => None,
            Connection::Server(server) => server.server_name(),
        }
    }

    /// The alert that rustls would send names the error for the other side (RFC 9001 §4.8).
    fn failure(&self, error: &rustls::Error) -> TransportError {
        let code = match self.connection.alert() {
            Some(alert) => TransportErrorCode::crypto(alert.into()),
            None => TransportErrorCode::PROTOCOL_VIOLATION,
        };
        TransportError {
            code,
            frame: None,
            reason: error.to_string(),
        }
    }
}

impl Session for TlsSession {
    fn initial_keys(&self, dst_cid: &ConnectionId, side: Side) -> Keys {
        initial_keys(&self.initial, dst_cid, side)
    }

    fn handshake_data(&self) -> Option<Box<dyn Any>> {
        if !self.has_data {
            return None;
        }
        let suite = self.connection.negotiated_cipher_suite();
        let group = self.connection.negotiated_key_exchange_group();
        Some(Box::new(HandshakeData {
            protocol: self.connection.alpn_protocol().map(<[u8]>::to_vec),
            server_name: self.server_name().map(str::to_owned),
            cipher_suite: suite.map(|suite| suite.suite()),
            key_exchange: group.map(|group| group.name()),
        }))
    }

    /// A `Vec<CertificateDer<'static>>`, as with quinn's own glue.
    fn peer_identity(&self) -> Option<Box<dyn Any>> {
        let chain = self.connection.peer_certificates()?.iter();
        let chain: Vec<CertificateDer<'static>> =
            chain.map(|one| one.clone().into_owned()).collect();
        Some(Box::new(chain))
    }

    fn early_crypto(&self) -> Option<(Box<dyn HeaderKey>, Box<dyn PacketKey>)> {
        let keys = self.connection.zero_rtt_keys()?;
        Some((header_key(keys.header), packet_key(keys.packet)))
    }

    fn early_data_accepted(&self) -> Option<bool> {
        match &self.connection {
            Connection::Client(client) => Some(client.is_early_data_accepted()),
            Connection::Server(_) => None,
        }
    }

    fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    fn read_handshake(&mut self, buf: &[u8]) -> Result<bool, TransportError> {
        self.connection
            .read_hs(buf)
            .map_err(|error| self.failure(&error))?;
        // rustls does not say when a ClientHello has been read; that one of its contents is known
        // does.
        let known = self.connection.alpn_protocol().is_some()
            || self.server_name().is_some()
            || !self.is_handshaking();
        let news = known && !self.has_data;
        self.has_data |= known;
        Ok(news)
    }

    fn transport_parameters(&self) -> Result<Option<TransportParameters>, TransportError> {
        let Some(encoded) = self.connection.quic_transport_parameters() else {
            return Ok(None);
        };
        TransportParameters::read(self.side(), &mut Cursor::new(encoded))
            .map(Some)
            .map_err(TransportError::from)
    }

    fn write_handshake(&mut self, buf: &mut Vec<u8>) -> Option<Keys> {
        let keys = match self.connection.write_hs(buf)? {
            KeyChange::Handshake { keys } => keys,
            KeyChange::OneRtt { keys, next } => {
                self.next = Some(next);
                keys
            }
        };
        Some(quic_keys::keys(keys))
    }

    fn next_1rtt_keys(&mut self) -> Option<KeyPair<Box<dyn PacketKey>>> {
        let keys = self.next.as_mut()?.next_packet_keys();
        Some(KeyPair {
            local: packet_key(keys.local),
            remote: packet_key(keys.remote),
        })
    }

    fn is_valid_retry(&self, orig_dst_cid: &ConnectionId, header: &[u8], payload: &[u8]) -> bool {
        retry_tag::is_valid(orig_dst_cid, header, payload)
    }

    fn export_keying_material(
        &self,
        output: &mut [u8],
        label: &[u8],
        context: &[u8],
    ) -> Result<(), ExportKeyingMaterialError> {
        self.connection
            .export_keying_material(output, label, Some(context))
            .map(drop)
            .map_err(|_| ExportKeyingMaterialError)
    }
}

/// The keys of a connection's first packets: from the dialler's choice of a connection id, and
/// therefore known to everybody (RFC 9001 §5.2).
pub(crate) fn initial_keys(suite: &Suite, dst_cid: &ConnectionId, side: Side) -> Keys {
    let side = match side {
        Side::Client => rustls::Side::Client,
        Side::Server => rustls::Side::Server,
    };
    quic_keys::keys(suite.keys(dst_cid, side, Version::V1))
}

/// Transport parameters as they travel inside the handshake.
pub(crate) fn encoded(parameters: &TransportParameters) -> Vec<u8> {
    let mut bytes = Vec::new();
    parameters.write(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use quinn_proto::crypto::{ClientConfig, ServerConfig};
    use rustls::RootCertStore;
    use rustls::server::ResolvesServerCertUsingSni;
    use rustls::version::TLS13;

    use super::*;
    use crate::tls_client::TlsClient;
    use crate::tls_server::TlsServer;
    use crate::vectors::every_provider;

    fn no_parameters() -> TransportParameters {
        TransportParameters::read(Side::Server, &mut Cursor::new(&[][..])).unwrap()
    }

    /// A dialler's and an acceptor's, of every provider.
    fn sessions() -> Vec<Box<dyn Session>> {
        let parameters = no_parameters();
        let sessions = every_provider().flat_map(|(_, provider)| {
            let client = rustls::ClientConfig::builder_with_provider(provider.clone())
                .with_protocol_versions(&[&TLS13])
                .unwrap()
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth();
            let client = Arc::new(TlsClient::new(Arc::new(client)).unwrap());
            let server = rustls::ServerConfig::builder_with_provider(provider)
                .with_protocol_versions(&[&TLS13])
                .unwrap()
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new()));
            let server = Arc::new(TlsServer::new(Arc::new(server)).unwrap());
            let dialler = client.start_session(1, "peer.test", &parameters);
            [dialler.unwrap(), server.start_session(1, &parameters)]
        });
        sessions.collect()
    }

    #[test]
    fn a_new_session_knows_nothing_yet() {
        for mut session in sessions() {
            assert!(session.is_handshaking());
            assert!(session.handshake_data().is_none());
            assert!(session.peer_identity().is_none());
            assert!(session.early_crypto().is_none());
            assert!(session.next_1rtt_keys().is_none());
            assert!(session.transport_parameters().unwrap().is_none());
            let exported = session.export_keying_material(&mut [0; 32], b"label", b"");
            assert!(exported.is_err());
        }
    }

    #[test]
    fn only_version_1_is_dialled_and_only_what_is_a_name() {
        for (_, provider) in every_provider() {
            let tls = rustls::ClientConfig::builder_with_provider(provider)
                .with_protocol_versions(&[&TLS13])
                .unwrap()
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth();
            let client = Arc::new(TlsClient::new(Arc::new(tls)).unwrap());
            let dial = |version, name| {
                let parameters = no_parameters();
                let session = client.clone().start_session(version, name, &parameters);
                session.map(drop)
            };
            assert_eq!(dial(1, "peer.test"), Ok(()));
            assert_eq!(dial(1, "::1"), Ok(()));
            let unsupported = Err(quinn_proto::ConnectError::UnsupportedVersion);
            assert_eq!(dial(0xff00_001d, "peer.test"), unsupported);
            let refused = dial(1, "no name").unwrap_err().to_string();
            assert!(refused.contains("no name"), "{refused}");
        }
    }

    proptest! {
        #[test]
        fn a_strangers_bytes_end_a_handshake_with_a_reason_and_no_panic(
            kind in prop_oneof![Just(1_u8), Just(2), any::<u8>()],
            body in proptest::collection::vec(any::<u8>(), 0..300),
            exact in any::<bool>(),
        ) {
            let length = if exact { body.len() as u8 } else { 7 };
            let message = [&[kind, 0, 0, length], &body[..]].concat();
            for mut session in sessions() {
                if let Err(error) = session.read_handshake(&message) {
                    // RFC 9001 §4.8: an alert, behind 0x0100. rustls has none for some messages
                    // that are too long.
                    let code = u64::from(error.code);
                    let violation = u64::from(TransportErrorCode::PROTOCOL_VIOLATION);
                    let alert = (0x0100..0x0200).contains(&code);
                    prop_assert!(alert || code == violation, "{}", error);
                    prop_assert!(!error.reason.is_empty());
                }
                prop_assert!(session.is_handshaking());
                let mut answer = Vec::new();
                session.write_handshake(&mut answer);
            }
        }
    }
}
