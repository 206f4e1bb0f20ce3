//! What exists between bind and close: the socket, its endpoint, the task that accepts.

use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use quibus::transport::{BindError, CloseReason, DialError, Expected, Link};
use quinn::{AsyncUdpSocket, Endpoint, Runtime, TokioRuntime};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use crate::acceptor::Acceptor;
use crate::dialler::Dialler;
use crate::gate::Gate;
use crate::link::QuicLink;
use crate::quic_config::QuicConfig;
use crate::settings;
use crate::socket;
use crate::tls::TlsConfiguration;

/// How long closing waits for QUIC to be done with its connections. That takes three probe
/// time-outs (some 80 ms on a local network, a second on a slow one), whether the other sides
/// answer or not.
const CLOSING: Duration = Duration::from_secs(3);

/// A bound transport.
#[derive(Debug)]
pub(crate) struct Running {
    dialler: Dialler,
    acceptor: JoinHandle<()>,
    /// Tells when nothing holds the socket any more.
    socket: Weak<dyn AsyncUdpSocket>,
}

impl Running {
    /// Binds the socket and begins to accept.
    pub(crate) async fn start(
        config: &QuicConfig,
        arrivals: mpsc::Sender<Arc<dyn Link>>,
    ) -> Result<Self, BindError> {
        let tls = Arc::new(TlsConfiguration::new(&config.credentials)?);
        let link_settings = Arc::new(settings::link(config.idle_timeout));
        let server = settings::accepting(tls.accepting()?, link_settings.clone());
        let address = config.listen.as_deref().unwrap_or("any address");
        let unusable = |error: std::io::Error| BindError::Address {
            address: address.to_owned(),
            reason: error.to_string(),
        };
        let socket = socket::bind(config.listen.as_deref()).await?;
        let local = socket.local_addr().map_err(unusable)?;
        let runtime = Arc::new(TokioRuntime);
        let socket = runtime.wrap_udp_socket(socket).map_err(unusable)?;
        let watched = Arc::downgrade(&socket);
        let endpoint =
            Endpoint::new_with_abstract_socket(settings::endpoint(), Some(server), socket, runtime)
                .map_err(unusable)?;
        let acceptor = Acceptor {
            endpoint: endpoint.clone(),
            gate: Gate::new(config.handshakes_per_second),
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
            socket: watched,
        })
    }

    /// The address of the socket.
    pub(crate) fn local(&self) -> SocketAddr {
        self.dialler.local
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
        let deadline = Instant::now() + CLOSING;
        let (endpoint, socket) = (self.dialler.endpoint.clone(), self.socket.clone());
        // Closes the endpoint and stops accepting.
        drop(self);
        let _ = timeout_at(deadline, endpoint.wait_idle()).await;
        drop(endpoint);
        // The last task of the endpoint ends now; only then can the address be bound again.
        while socket.strong_count() > 0 {
            if Instant::now() >= deadline {
                return tracing::warn!("the address is not free yet: links are still closing");
            }
            sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.acceptor.abort();
        self.dialler
            .endpoint
            .close(settings::code(CloseReason::Stopping), b"");
    }
}
