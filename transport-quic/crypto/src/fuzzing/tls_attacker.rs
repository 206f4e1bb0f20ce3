//! One side of a handshake that garbles what it says.

use std::any::Any;
use std::sync::Arc;

use bytes::BytesMut;
use quinn_proto::crypto::{
    ClientConfig, CryptoError, ExportKeyingMaterialError, HeaderKey, KeyPair, Keys, PacketKey,
    ServerConfig, Session, UnsupportedVersion,
};
use quinn_proto::transport_parameters::TransportParameters;
use quinn_proto::{ConnectError, ConnectionId, Side, TransportError};
use rustls::pki_types::ServerName;
use rustls::quic::{ClientConnection, Connection, ServerConnection, Version};

use crate::tls_session::{TlsSession, encoded, initial_keys};
use crate::{retry_tag, suites};

/// Decides what an attacker says instead of what it should.
pub trait GarblesTls: Send + Sync + 'static {
    /// Its transport parameters, before they become part of the handshake.
    fn parameters(&self, bytes: &mut Vec<u8>);

    /// A flight of its handshake, before it leaves; its own transcript stays honest.
    fn flight(&self, bytes: &mut Vec<u8>);

    /// The frames of a packet, before they are sealed.
    fn frames(&self, bytes: &mut [u8]);
}

/// quinn's configuration for a dialler or acceptor that garbles what it says.
pub struct TlsAttacker<T> {
    tls: Arc<T>,
    initial: rustls::quic::Suite,
    garble: Arc<dyn GarblesTls>,
}

impl TlsAttacker<rustls::ClientConfig> {
    /// A dialler. `None` if its provider is not fit for QUIC.
    pub fn dialling(tls: Arc<rustls::ClientConfig>, garble: Arc<dyn GarblesTls>) -> Option<Self> {
        let initial = suites::initial(tls.crypto_provider())?;
        Some(Self {
            tls,
            initial,
            garble,
        })
    }
}

impl TlsAttacker<rustls::ServerConfig> {
    /// An acceptor. `None` if its provider is not fit for QUIC.
    pub fn accepting(tls: Arc<rustls::ServerConfig>, garble: Arc<dyn GarblesTls>) -> Option<Self> {
        let initial = suites::initial(tls.crypto_provider())?;
        Some(Self {
            tls,
            initial,
            garble,
        })
    }
}

impl<T> TlsAttacker<T> {
    fn parameters(&self, parameters: &TransportParameters) -> Vec<u8> {
        let mut bytes = encoded(parameters);
        self.garble.parameters(&mut bytes);
        bytes
    }

    fn session(&self, connection: Connection) -> Box<dyn Session> {
        Box::new(GarblingSession {
            session: TlsSession::new(connection, self.initial),
            garble: self.garble.clone(),
        })
    }
}

impl ClientConfig for TlsAttacker<rustls::ClientConfig> {
    fn start_session(
        self: Arc<Self>,
        _version: u32,
        server_name: &str,
        params: &TransportParameters,
    ) -> Result<Box<dyn Session>, ConnectError> {
        let refused = |reason: &dyn ToString| ConnectError::InvalidServerName(reason.to_string());
        let name = ServerName::try_from(server_name.to_owned()).map_err(|error| refused(&error))?;
        let parameters = self.parameters(params);
        let connection = ClientConnection::new(self.tls.clone(), Version::V1, name, parameters)
            .map_err(|error| refused(&error))?;
        Ok(self.session(Connection::Client(connection)))
    }
}

impl ServerConfig for TlsAttacker<rustls::ServerConfig> {
    fn initial_keys(&self, _: u32, dst_cid: &ConnectionId) -> Result<Keys, UnsupportedVersion> {
        Ok(garbling(
            initial_keys(&self.initial, dst_cid, Side::Server),
            &self.garble,
        ))
    }

    fn retry_tag(&self, _version: u32, orig_dst_cid: &ConnectionId, packet: &[u8]) -> [u8; 16] {
        retry_tag::of(orig_dst_cid, packet)
    }

    fn start_session(self: Arc<Self>, _: u32, params: &TransportParameters) -> Box<dyn Session> {
        let parameters = self.parameters(params);
        let connection = ServerConnection::new(self.tls.clone(), Version::V1, parameters)
            .expect("an attacker's configuration is fit for QUIC");
        self.session(Connection::Server(connection))
    }
}

struct GarblingSession {
    session: TlsSession,
    garble: Arc<dyn GarblesTls>,
}

impl Session for GarblingSession {
    fn initial_keys(&self, dst_cid: &ConnectionId, side: Side) -> Keys {
        garbling(self.session.initial_keys(dst_cid, side), &self.garble)
    }

    fn handshake_data(&self) -> Option<Box<dyn Any>> {
        self.session.handshake_data()
    }

    fn peer_identity(&self) -> Option<Box<dyn Any>> {
        self.session.peer_identity()
    }

    fn early_crypto(&self) -> Option<(Box<dyn HeaderKey>, Box<dyn PacketKey>)> {
        self.session.early_crypto()
    }

    fn early_data_accepted(&self) -> Option<bool> {
        self.session.early_data_accepted()
    }

    fn is_handshaking(&self) -> bool {
        self.session.is_handshaking()
    }

    fn read_handshake(&mut self, buf: &[u8]) -> Result<bool, TransportError> {
        self.session.read_handshake(buf)
    }

    fn transport_parameters(&self) -> Result<Option<TransportParameters>, TransportError> {
        self.session.transport_parameters()
    }

    fn write_handshake(&mut self, buf: &mut Vec<u8>) -> Option<Keys> {
        let mut flight = Vec::new();
        let keys = self.session.write_handshake(&mut flight);
        if !flight.is_empty() {
            self.garble.flight(&mut flight);
        }
        buf.extend_from_slice(&flight);
        keys.map(|keys| garbling(keys, &self.garble))
    }

    fn next_1rtt_keys(&mut self) -> Option<KeyPair<Box<dyn PacketKey>>> {
        let keys = self.session.next_1rtt_keys()?;
        Some(KeyPair {
            local: garbling_key(keys.local, &self.garble),
            remote: keys.remote,
        })
    }

    fn is_valid_retry(&self, orig_dst_cid: &ConnectionId, header: &[u8], payload: &[u8]) -> bool {
        self.session.is_valid_retry(orig_dst_cid, header, payload)
    }

    fn export_keying_material(
        &self,
        output: &mut [u8],
        label: &[u8],
        context: &[u8],
    ) -> Result<(), ExportKeyingMaterialError> {
        self.session.export_keying_material(output, label, context)
    }
}

fn garbling(keys: Keys, garble: &Arc<dyn GarblesTls>) -> Keys {
    Keys {
        header: keys.header,
        packet: KeyPair {
            local: garbling_key(keys.packet.local, garble),
            remote: keys.packet.remote,
        },
    }
}

fn garbling_key(key: Box<dyn PacketKey>, garble: &Arc<dyn GarblesTls>) -> Box<dyn PacketKey> {
    Box::new(GarblingKey {
        key,
        garble: garble.clone(),
    })
}

/// Seals other frames than those that it was given.
struct GarblingKey {
    key: Box<dyn PacketKey>,
    garble: Arc<dyn GarblesTls>,
}

impl PacketKey for GarblingKey {
    fn encrypt(&self, packet: u64, buf: &mut [u8], header_len: usize) {
        let end = buf.len().saturating_sub(self.key.tag_len());
        if let Some(frames) = buf.get_mut(header_len..end) {
            self.garble.frames(frames);
        }
        self.key.encrypt(packet, buf, header_len);
    }

    fn decrypt(
        &self,
        packet: u64,
        header: &[u8],
        payload: &mut BytesMut,
    ) -> Result<(), CryptoError> {
        self.key.decrypt(packet, header, payload)
    }

    fn tag_len(&self) -> usize {
        self.key.tag_len()
    }

    fn confidentiality_limit(&self) -> u64 {
        self.key.confidentiality_limit()
    }

    fn integrity_limit(&self) -> u64 {
        self.key.integrity_limit()
    }
}
