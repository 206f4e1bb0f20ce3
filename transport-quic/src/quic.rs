//! The transport.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use quibus::id::PeerId;
use quibus::transport::{BindError, Bound, BoxFuture, DialError, Expected, Link, Transport};
use quibus_certs::Credentials;
use quibus_quic_crypto::{KeyExchange, Provider};
use tokio::sync::mpsc;

use crate::quic_config::QuicConfig;
use crate::running::Running;
use crate::traffic::Traffic;

/// Links over QUIC, both sides authenticated by their certificates.
///
/// Must be used within a tokio runtime; everything it spawns runs on the runtime that called
/// [`bind`](Transport::bind).
pub struct Quic {
    config: QuicConfig,
    running: Mutex<Option<Running>>,
    /// Held while binding and closing, so that these follow each other.
    lifecycle: tokio::sync::Mutex<()>,
}

impl Quic {
    /// A transport with this configuration, not bound yet.
    pub fn new(config: QuicConfig) -> Self {
        Self {
            config,
            running: Mutex::default(),
            lifecycle: tokio::sync::Mutex::default(),
        }
    }

    /// A transport with the default configuration and these credentials.
    pub fn with(credentials: Credentials) -> Self {
        Self::new(QuicConfig::new(credentials))
    }

    /// Sets the address to listen on: [`QuicConfig::listen`].
    #[must_use]
    pub fn listen(mut self, address: impl ToString) -> Self {
        self.config.listen = Some(address.to_string());
        self
    }

    /// Sets the address that others are told: [`QuicConfig::advertise`].
    #[must_use]
    pub fn advertise(mut self, address: impl ToString) -> Self {
        self.config.advertise = Some(address.to_string());
        self
    }

    /// Sets how long a handshake may take: [`QuicConfig::handshake_timeout`].
    #[must_use]
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.config.handshake_timeout = timeout;
        self
    }

    /// Sets how long a link may be silent: [`QuicConfig::idle_timeout`].
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.config.idle_timeout = timeout;
        self
    }

    /// Sets the implementation of the cryptography: [`QuicConfig::provider`].
    #[must_use]
    pub fn provider(mut self, provider: Provider) -> Self {
        self.config.provider = provider;
        self
    }

    /// Sets how secrets are agreed on: [`QuicConfig::key_exchange`].
    #[must_use]
    pub fn key_exchange(mut self, key_exchange: KeyExchange) -> Self {
        self.config.key_exchange = key_exchange;
        self
    }

    /// The address of its socket, with the port that was found free; `None` while it is not bound.
    pub fn local_address(&self) -> Option<SocketAddr> {
        self.running().as_ref().map(Running::local)
    }

    /// What was sent and received since it was bound; nothing while it is not.
    pub fn traffic(&self) -> Traffic {
        let running = self.running();
        running.as_ref().map(Running::traffic).unwrap_or_default()
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses credentials that don't cover `peer`, before anything is opened.
    fn check_identity(&self, peer: &PeerId) -> Result<(), BindError> {
        let identity = self.config.credentials.id().identity();
        if identity.may_be(peer) {
            return Ok(());
        }
        let reason = format!(
            "the certificate proves {identity}, which is not peer {peer}; configure that peer's \
             certificate, or the id that this one proves"
        );
        Err(BindError::Identity { reason })
    }

    fn bound_already(&self) -> BindError {
        BindError::Address {
            address: self
                .config
                .listen
                .clone()
                .unwrap_or_else(|| "any address".to_owned()),
            reason: "this transport is bound already; close it first".to_owned(),
        }
    }
}

impl Transport for Quic {
    fn bind<'a>(
        &'a self,
        peer: &'a PeerId,
        arrivals: mpsc::Sender<Arc<dyn Link>>,
    ) -> BoxFuture<'a, Result<Bound, BindError>> {
        Box::pin(async move {
            self.check_identity(peer)?;
            let _alone = self.lifecycle.lock().await;
            if self.running().is_some() {
                return Err(self.bound_already());
            }
            let running = Running::start(&self.config, arrivals).await?;
            let local = running.local();
            *self.running() = Some(running);
            let id = self.config.credentials.id();
            Ok(Bound {
                address: self
                    .config
                    .advertise
                    .clone()
                    .unwrap_or_else(|| local.to_string()),
                identity: id.identity().clone(),
                environment: id.environment().to_owned(),
            })
        })
    }

    fn dial<'a>(
        &'a self,
        address: &'a str,
        expected: &'a Expected,
    ) -> BoxFuture<'a, Result<Arc<dyn Link>, DialError>> {
        let running = self.running();
        let Some(running) = running.as_ref() else {
            return Box::pin(std::future::ready(Err(DialError::Closed)));
        };
        let dial = running.dial(address, expected);
        Box::pin(async move { Ok(Arc::new(dial.await?) as Arc<dyn Link>) })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let _alone = self.lifecycle.lock().await;
            let running = self.running().take();
            if let Some(running) = running {
                running.close().await;
            }
        })
    }
}

impl fmt::Debug for Quic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quic")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
