//! A socket with its QUIC endpoint, set up as every link needs it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use quibus::transport::BindError;
use quinn::{Endpoint, Runtime, TokioRuntime, TransportConfig};

use crate::quic_config::QuicConfig;
use crate::releasable_socket::ReleasableSocket;
use crate::settings;
use crate::socket;
use crate::tls::TlsConfiguration;

/// A socket with its endpoint.
#[derive(Debug)]
pub(crate) struct BoundEndpoint {
    pub(crate) endpoint: Endpoint,
    pub(crate) local: SocketAddr,
    pub(crate) tls: Arc<TlsConfiguration>,
    pub(crate) link_settings: Arc<TransportConfig>,
    pub(crate) socket: Arc<ReleasableSocket>,
    /// Opens the congestion windows of all links for their last packet.
    pub(crate) closed: Arc<AtomicBool>,
}

impl BoundEndpoint {
    /// Binds the address of `config`; `adjust` may change the settings of every link.
    pub(crate) async fn bind(
        config: &QuicConfig,
        adjust: impl FnOnce(&mut TransportConfig),
    ) -> Result<Self, BindError> {
        let tls = Arc::new(TlsConfiguration::new(config)?);
        let closed = Arc::new(AtomicBool::new(false));
        let mut link_settings = settings::link(config.idle_timeout, closed.clone());
        adjust(&mut link_settings);
        let link_settings = Arc::new(link_settings);
        let server = settings::accepting(tls.accepting()?, link_settings.clone());
        let address = config.listen.as_deref().unwrap_or("any address");
        let unusable = |error: std::io::Error| BindError::Address {
            address: address.to_owned(),
            reason: error.to_string(),
        };
        let socket = socket::bind(config.listen.as_deref()).await?;
        let local = socket.local_addr().map_err(unusable)?;
        let runtime = Arc::new(TokioRuntime);
        let socket = runtime
            .wrap_udp_socket(socket)
            .and_then(ReleasableSocket::new);
        let socket = Arc::new(socket.map_err(unusable)?);
        let endpoint = Endpoint::new_with_abstract_socket(
            settings::endpoint(tls.endpoint()?),
            Some(server),
            socket.clone(),
            runtime,
        )
        .map_err(unusable)?;
        Ok(Self {
            endpoint,
            local,
            tls,
            link_settings,
            socket,
            closed,
        })
    }
}
