//! What exists between bind and close: the socket, its endpoint, the task that accepts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use quibus::transport::{BindError, CloseReason, DialError, Expected, Link};
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
use crate::traffic::Traffic;

/// How long closing waits for QUIC to be done with its connections. That takes three probe
/// time-outs (some 80 ms on a local network, a second on a slow one), whether the other sides
/// answer or not; in it they learn of the end even if the first packet about it was lost.
const CLOSING: Duration = Duration::from_secs(2);

/// A bound transport.
#[derive(Debug)]
pub(crate) struct Running {
    dialler: Dialler,
    acceptor: JoinHandle<()>,
    socket: Arc<ReleasableSocket>,
    /// Opens the congestion windows of all links for their last packet.
    closed: Arc<AtomicBool>,
}

impl Running {
    /// Binds the socket and begins to accept.
    pub(crate) async fn start(
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

    /// The address of the socket.
    pub(crate) fn local(&self) -> SocketAddr {
        self.dialler.local
    }

    /// What the socket has sent and received.
    pub(crate) fn traffic(&self) -> Traffic {
        self.socket.traffic()
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
