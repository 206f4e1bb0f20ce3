//! A bound endpoint for baselines.

use std::net::SocketAddr;

use quibus::id::PeerId;
use quibus::transport::{BindError, Expected};
use tokio::task::JoinHandle;

use super::raw_failure::RawFailure;
use super::raw_link::RawLink;
use super::service::{self, ReadMessage};
use crate::bound_endpoint::BoundEndpoint;
use crate::quic_config::QuicConfig;
use crate::settings;
use crate::tls::Verdict;
use crate::traffic::Traffic;

/// Bidirectional streams that the other side may have open: quinn's own default.
const STREAMS: u32 = 100;

/// An endpoint with the bus's socket, settings, certificates and cryptography, and no bus. Serves
/// the other side's baselines for as long as it lives.
#[derive(Debug)]
pub struct RawEndpoint {
    bound: BoundEndpoint,
    service: JoinHandle<()>,
}

impl RawEndpoint {
    /// Binds the address of `config` and begins to serve, on the runtime that calls.
    ///
    /// # Errors
    /// As binding a [`Quic`](crate::Quic) transport.
    pub async fn bind(config: &QuicConfig) -> Result<Self, BindError> {
        Self::reading(config, |_| true).await
    }

    /// The same, and reads messages with `read` where the other side [asks](super::send_encoded)
    /// for it.
    ///
    /// # Errors
    /// As binding a [`Quic`](crate::Quic) transport.
    pub async fn reading(config: &QuicConfig, read: ReadMessage) -> Result<Self, BindError> {
        let adjust = |link: &mut quinn::TransportConfig| {
            link.max_concurrent_bidi_streams(STREAMS.into());
        };
        let bound = BoundEndpoint::bind(config, adjust).await?;
        let service = tokio::spawn(service::run(bound.endpoint.clone(), read));
        Ok(Self { bound, service })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.bound.local
    }

    /// What was sent and received so far.
    pub fn traffic(&self) -> Traffic {
        self.bound.socket.traffic()
    }

    /// Dials another such endpoint and authenticates it as `peer`, as the bus would.
    ///
    /// # Errors
    /// Whatever ends the handshake; a dead address only after QUIC's idle timeout.
    pub async fn connect(&self, address: SocketAddr, peer: &PeerId) -> Result<RawLink, RawFailure> {
        let failed = RawFailure::of("dial");
        let expected = Expected::Peer(peer.clone());
        let dialling = self.bound.tls.dialling(&expected, Verdict::default());
        let mut configuration = dialling.map_err(|error| failed(&error))?;
        configuration.transport_config(self.bound.link_settings.clone());
        configuration.version(settings::QUIC_V1);
        let connecting = self
            .bound
            .endpoint
            .connect_with(configuration, address, "quibus")
            .map_err(|error| failed(&error))?;
        let connection = connecting.await.map_err(|error| failed(&error))?;
        Ok(RawLink::new(connection))
    }
}

impl Drop for RawEndpoint {
    fn drop(&mut self) {
        self.service.abort();
        self.bound
            .endpoint
            .close(settings::code(quibus::transport::CloseReason::Done), b"");
        self.bound.socket.release();
    }
}
