//! The transport.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use quibus::config::Config;
use quibus::id::PeerId;
use quibus::transport::{BindError, Bound, BoxFuture, DialError, Expected, Link, Transport};
use quibus_certs::Credentials;
use quibus_quic_crypto::{KeyExchange, Provider};
use tokio::sync::mpsc;

use crate::link_windows::LEAST;
use crate::quic_config::QuicConfig;
use crate::quic_settings::QuicSettings;
use crate::running::Running;
use crate::said::{Configured, Said};
use crate::traffic::Traffic;

/// Links over QUIC, both sides authenticated by their certificates.
///
/// What code has not said comes from the section `[quic]` of the configuration that the bus starts
/// with ([`QuicSettings`](crate::QuicSettings)).
///
/// Must be used within a tokio runtime; everything it spawns runs on the runtime that called
/// [`bind`](Transport::bind).
#[derive(Default)]
pub struct Quic {
    said: Said,
    configured: Mutex<Configured>,
    running: Mutex<Option<Running>>,
    /// Held while binding and closing, so that these follow each other.
    lifecycle: tokio::sync::Mutex<()>,
}

impl Quic {
    /// A transport that takes everything from the configuration, not bound yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A transport with these credentials; the configuration says the rest.
    pub fn with(credentials: Credentials) -> Self {
        Self::saying(Said {
            credentials: Some(credentials),
            ..Said::default()
        })
    }

    /// A transport with this configuration; that of the bus is not asked.
    pub fn configured(config: QuicConfig) -> Self {
        Self::saying(Said {
            everything: Some(config),
            ..Said::default()
        })
    }

    /// Sets the address to listen on: [`QuicConfig::listen`].
    #[must_use]
    pub fn listen(mut self, address: impl ToString) -> Self {
        self.said.listen = Some(address.to_string());
        self
    }

    /// Sets the address that others are told: [`QuicConfig::advertise`].
    #[must_use]
    pub fn advertise(mut self, address: impl ToString) -> Self {
        self.said.advertise = Some(address.to_string());
        self
    }

    /// Sets how long a handshake may take: [`QuicConfig::handshake_timeout`].
    #[must_use]
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.said.handshake_timeout = Some(timeout);
        self
    }

    /// Sets how long a link may be silent: [`QuicConfig::idle_timeout`].
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.said.idle_timeout = Some(timeout);
        self
    }

    /// Sets the implementation of the cryptography: [`QuicConfig::provider`].
    #[must_use]
    pub fn provider(mut self, provider: Provider) -> Self {
        self.said.provider = Some(provider);
        self
    }

    /// Sets how secrets are agreed on: [`QuicConfig::key_exchange`].
    #[must_use]
    pub fn key_exchange(mut self, key_exchange: KeyExchange) -> Self {
        self.said.key_exchange = Some(key_exchange);
        self
    }

    /// Reads the certificate, its key and the CA bundle again, from the files that the configuration
    /// names, and goes on as by [`renew`](Self::renew). A service calls it once its files were
    /// renewed: the transport is given as `shared_transport(quic.clone())`, so that it can.
    ///
    /// # Errors
    /// As [`renew`](Self::renew), if a file cannot be read, or if code has given the credentials.
    pub fn reload(&self) -> Result<(), BindError> {
        if self.said.credentials.is_some() || self.said.everything.is_some() {
            let reason =
                "the credentials were given in code, and no file is known; renew them there";
            return Err(BindError::Settings {
                reason: reason.into(),
            });
        }
        let peer = self
            .running()
            .as_ref()
            .map(|running| running.peer().clone());
        let config = self.config(&peer.ok_or_else(not_bound)?)?;
        self.renew(config.credentials)
    }

    /// Takes these credentials: links that are dialled or accepted from now on show this certificate
    /// and demand one of these CAs. Those that exist go on as they are. Nothing is interrupted.
    ///
    /// # Errors
    /// If the transport is not bound, or the certificate is of another identity or environment, is
    /// not valid now, or is not vouched for by its CAs. Then all stays as it was.
    pub fn renew(&self, credentials: Credentials) -> Result<(), BindError> {
        let mut running = self.running();
        let running = running.as_mut().ok_or_else(not_bound)?;
        running.renew(credentials)
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

    fn saying(said: Said) -> Self {
        Self {
            said,
            ..Self::default()
        }
    }

    /// What holds for a process called `peer`.
    fn config(&self, peer: &PeerId) -> Result<QuicConfig, BindError> {
        let configured = self.configured.lock();
        let configured = configured.unwrap_or_else(PoisonError::into_inner);
        let config = self.said.over(&configured, peer)?;
        check_identity(&config, peer)?;
        Ok(config)
    }
}

/// Refuses credentials that don't cover `peer`, before anything is opened.
fn check_identity(config: &QuicConfig, peer: &PeerId) -> Result<(), BindError> {
    let identity = config.credentials.id().identity();
    if identity.may_bind(peer) {
        return Ok(());
    }
    let reason = format!(
        "the certificate proves {identity}, which is not peer {peer}; configure that peer's \
         certificate, or the id that this one proves"
    );
    Err(BindError::Identity { reason })
}

fn not_bound() -> BindError {
    BindError::Settings {
        reason: "this transport is not bound, so there is nothing to renew".to_owned(),
    }
}

fn bound_already(config: QuicConfig) -> BindError {
    BindError::Address {
        address: config.listen.unwrap_or_else(|| "any address".to_owned()),
        reason: "this transport is bound already; close it first".to_owned(),
    }
}

impl Transport for Quic {
    fn configure(&self, config: &Config) -> Result<(), BindError> {
        let settings = QuicSettings::of(config).map_err(|error| BindError::Settings {
            reason: error.to_string(),
        })?;
        let configured = self.configured.lock();
        *configured.unwrap_or_else(PoisonError::into_inner) = Configured {
            settings,
            config: config.clone(),
        };
        Ok(())
    }

    fn bind<'a>(
        &'a self,
        peer: &'a PeerId,
        arrivals: mpsc::Sender<Arc<dyn Link>>,
    ) -> BoxFuture<'a, Result<Bound, BindError>> {
        Box::pin(async move {
            let config = self.config(peer)?;
            let _alone = self.lifecycle.lock().await;
            if self.running().is_some() {
                return Err(bound_already(config));
            }
            let running = Running::start(peer, &config, arrivals).await?;
            let local = running.local();
            *self.running() = Some(running);
            let id = config.credentials.id();
            Ok(Bound {
                address: config.advertise.unwrap_or_else(|| local.to_string()),
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

    fn link_bytes(&self) -> u64 {
        2 * LEAST
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
            .field("said", &self.said)
            .finish_non_exhaustive()
    }
}
