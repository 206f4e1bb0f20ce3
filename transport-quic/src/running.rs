//! What exists between bind and close: the socket, its endpoint, the task that accepts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use quibus::id::PeerId;
use quibus::transport::{BindError, CloseReason, DialError, Expected, Link};
use quibus_certs::Credentials;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::acceptor::Acceptor;
use crate::bound_endpoint::BoundEndpoint;
use crate::dialler::Dialler;
use crate::gate::Gate;
use crate::link::QuicLink;
use crate::quic_config::QuicConfig;
use crate::releasable_socket::ReleasableSocket;
use crate::settings;
use crate::tls::TlsConfiguration;
use crate::traffic::Traffic;

/// How long closing waits for QUIC to be done with its connections. That takes three probe
/// time-outs (some 80 ms on a local network, a second on a slow one), whether the other sides
/// answer or not; in it they learn of the end even if the first packet about it was lost.
const CLOSING: Duration = Duration::from_secs(2);

/// A bound transport.
#[derive(Debug)]
pub(crate) struct Running {
    peer: PeerId,
    /// As it was bound, with the credentials of now.
    config: QuicConfig,
    dialler: Dialler,
    acceptor: JoinHandle<()>,
    socket: Arc<ReleasableSocket>,
    /// Opens the congestion windows of all links for their last packet.
    closed: Arc<AtomicBool>,
}

impl Running {
    /// Binds the socket and begins to accept.
    pub(crate) async fn start(
        peer: &PeerId,
        config: &QuicConfig,
        arrivals: mpsc::Sender<Arc<dyn Link>>,
    ) -> Result<Self, BindError> {
        let BoundEndpoint {
            endpoint,
            local,
            tls,
            link_settings,
            socket,
            closed,
        } = BoundEndpoint::bind(config, |_| {}).await?;
        let cryptography = config.provider.name();
        tracing::info!(address = %local, cryptography, ?config.key_exchange, "listening");
        let acceptor = Acceptor {
            endpoint: endpoint.clone(),
            gate: Gate::new(config.handshakes_per_second, config.max_links),
            arrivals,
            environment: tls.environment().into(),
            handshake_timeout: config.handshake_timeout,
        };
        let handshake_timeout = config.handshake_timeout;
        Ok(Self {
            peer: peer.clone(),
            config: config.clone(),
            dialler: Dialler {
                endpoint,
                local,
                tls,
                link_settings,
                handshake_timeout,
            },
            acceptor: tokio::spawn(acceptor.run()),
            socket,
            closed,
        })
    }

    /// Who it was bound as.
    pub(crate) fn peer(&self) -> &PeerId {
        &self.peer
    }

    /// The address of the socket.
    pub(crate) fn local(&self) -> SocketAddr {
        self.dialler.local
    }

    /// What the socket has sent and received.
    pub(crate) fn traffic(&self) -> Traffic {
        self.socket.traffic()
    }

    /// Whatever is dialled or accepted from now on shows and demands these.
    pub(crate) fn renew(&mut self, credentials: Credentials) -> Result<(), BindError> {
        let unusable = |reason| BindError::Identity { reason };
        let (is, was) = (credentials.id(), self.config.credentials.id());
        if is != was {
            return Err(unusable(format!(
                "the certificate is that of {is}, and this process runs as {was}; who it is \
                 changes with a restart only"
            )));
        }
        let valid = credentials.check(SystemTime::now());
        valid.map_err(|error| unusable(error.to_string()))?;
        let config = QuicConfig {
            credentials,
            ..self.config.clone()
        };
        let tls = Arc::new(TlsConfiguration::new(&config)?);
        let server = settings::accepting(tls.accepting()?, self.dialler.link_settings.clone());
        self.dialler.endpoint.set_server_config(Some(server));
        self.dialler.tls = tls;
        self.config = config;
        Ok(())
    }

    /// Dials; independent of `self`, so that a dial in progress does not delay closing.
    pub(crate) fn dial<'a>(
        &self,
        address: &'a str,
        expected: &'a Expected,
    ) -> impl Future<Output = Result<QuicLink, DialError>> + Send + use<'a> {
        let dialler = self.dialler.clone();
        async move { dialler.dial(address, expected).await }
    }

    /// Closes every link and frees the address.
    pub(crate) async fn close(self) {
        let (endpoint, socket) = (self.dialler.endpoint.clone(), self.socket.clone());
        drop(self);
        // Links whose other side is gone are not worth more time.
        let _ = timeout(CLOSING, endpoint.wait_idle()).await;
        socket.release();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.acceptor.abort();
        self.closed.store(true, Ordering::Relaxed);
        self.dialler
            .endpoint
            .close(settings::code(CloseReason::Stopping), b"");
    }
}
