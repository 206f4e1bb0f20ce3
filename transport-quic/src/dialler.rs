//! Links that this side dials.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use quibus::transport::{CloseReason, DialError, Expected};
use quinn::{ConnectError, Connection, ConnectionError, Endpoint, TransportErrorCode};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::link::{QuicLink, Side};
use crate::settings;
use crate::socket;
use crate::tls::{self, TlsConfiguration, Verdict};

/// The server name of every dial: peer ids are not legal DNS names, so it says nothing.
pub(crate) const SERVER_NAME: &str = "quibus";
/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 4;
/// A name with an IPv6 and an IPv4 address often answers on one only; the next is tried after
/// this long instead of after the whole time-out.
const STAGGER: Duration = Duration::from_millis(250);

/// Dials from the one socket of the transport.
#[derive(Debug, Clone)]
pub(crate) struct Dialler {
    pub(crate) endpoint: Endpoint,
    pub(crate) local: SocketAddr,
    pub(crate) tls: Arc<TlsConfiguration>,
    pub(crate) link_settings: Arc<quinn::TransportConfig>,
    pub(crate) handshake_timeout: Duration,
}

impl Dialler {
    /// Resolves `address` and returns the link of the first of its addresses that answers and is
    /// `expected`.
    pub(crate) async fn dial(
        &self,
        address: &str,
        expected: &Expected,
    ) -> Result<QuicLink, DialError> {
        let dial = async {
            self.race(address, self.resolve(address).await?, expected)
                .await
        };
        match timeout(self.handshake_timeout, dial).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.silent(address)),
        }
    }

    async fn resolve(&self, address: &str) -> Result<Vec<SocketAddr>, DialError> {
        let found = tokio::net::lookup_host(address).await.map_err(|error| {
            refused_address(
                address,
                format!("{error}; write host:port, for instance shop:7000"),
            )
        })?;
        let usable: Vec<_> = found
            .filter(|remote| socket::reachable(self.local, *remote))
            .take(MAX_ADDRESSES)
            .collect();
        if usable.is_empty() {
            let reason = format!("none of its addresses can be reached from {}", self.local);
            return Err(refused_address(address, reason));
        }
        Ok(usable)
    }

    /// Tries one address after the other without waiting for the first to time out; what loses is
    /// closed. If all fail, the first failure is told.
    async fn race(
        &self,
        address: &str,
        remotes: Vec<SocketAddr>,
        expected: &Expected,
    ) -> Result<QuicLink, DialError> {
        let mut remotes = remotes.into_iter();
        let mut attempts = JoinSet::new();
        let mut failure = None;
        loop {
            if let Some(remote) = remotes.next() {
                let (dialler, address, expected) =
                    (self.clone(), address.to_owned(), expected.clone());
                attempts.spawn(async move { dialler.attempt(&address, remote, &expected).await });
            }
            tokio::select! {
                outcome = attempts.join_next() => match outcome {
                    Some(Ok(Ok(link))) => return Ok(link),
                    Some(Ok(Err(error))) => { failure.get_or_insert(error); }
                    // The runtime is shutting down.
                    Some(Err(_)) => return Err(DialError::Closed),
                    None => return Err(failure.unwrap_or(DialError::Closed)),
                },
                () = sleep(STAGGER), if remotes.len() > 0 => {}
            }
        }
    }

    async fn attempt(
        &self,
        address: &str,
        remote: SocketAddr,
        expected: &Expected,
    ) -> Result<QuicLink, DialError> {
        let verdict = Verdict::default();
        let mut configuration = self
            .tls
            .dialling(expected, verdict.clone())
            .map_err(|error| refused_address(address, error.to_string()))?;
        configuration.transport_config(self.link_settings.clone());
        configuration.version(settings::QUIC_V1);
        let connecting = self
            .endpoint
            .connect_with(configuration, remote, SERVER_NAME)
            .map_err(|error| match error {
                ConnectError::EndpointStopping => DialError::Closed,
                other => refused_address(address, other.to_string()),
            })?;
        let connection = match connecting.await {
            Ok(connection) => connection,
            Err(error) => return Err(self.failure(address, expected, &error, &verdict)),
        };
        welcomed(&connection)
            .await
            .map_err(|error| self.failure(address, expected, &error, &verdict))?;
        QuicLink::new(connection, Side::Dialler, self.tls.environment()).map_err(|reason| {
            DialError::WrongIdentity {
                address: address.to_owned(),
                expected: name(expected),
                reason,
            }
        })
    }

    fn failure(
        &self,
        address: &str,
        expected: &Expected,
        error: &ConnectionError,
        verdict: &Verdict,
    ) -> DialError {
        if let Some(reason) = verdict.get() {
            return DialError::WrongIdentity {
                address: address.to_owned(),
                expected: name(expected),
                reason: reason.clone(),
            };
        }
        match error {
            ConnectionError::LocallyClosed => DialError::Closed,
            ConnectionError::TimedOut => self.silent(address),
            other => DialError::Refused {
                address: address.to_owned(),
                reason: refusal(other),
            },
        }
    }

    fn silent(&self, address: &str) -> DialError {
        let after_ms = u64::try_from(self.handshake_timeout.as_millis()).unwrap_or(u64::MAX);
        DialError::Silent {
            address: address.to_owned(),
            after_ms,
        }
    }
}

/// Waits for the acceptor's word that it has accepted our certificate and taken the link: in
/// TLS 1.3 our side is done before the other has looked at it.
async fn welcomed(connection: &Connection) -> Result<(), ConnectionError> {
    let mut stream = connection.accept_uni().await?;
    match stream.read_chunks(&mut [bytes::Bytes::new()]).await {
        Ok(None) => Ok(()),
        Err(quinn::ReadError::ConnectionLost(error)) => Err(error),
        // Certificate and protocol name are right, yet it speaks otherwise.
        _ => {
            connection.close(settings::code(CloseReason::Protocol), b"");
            Err(ConnectionError::VersionMismatch)
        }
    }
}

/// What the other side meant by refusing. Its own text stays out: numbers can't be forged into a
/// log.
pub(crate) fn refusal(error: &ConnectionError) -> String {
    match error {
        ConnectionError::ConnectionClosed(close) => {
            if close.error_code == TransportErrorCode::CONNECTION_REFUSED {
                return "it takes no links now, or too many are being made; dial again later"
                    .to_owned();
            }
            match u64::from(close.error_code) {
                code @ 0x100..=0x1ff => tls::alert_text((code & 0xff) as u8),
                code => format!("its QUIC layer gave up (error {code:#x})"),
            }
        }
        ConnectionError::ApplicationClosed(close) => {
            CloseReason::from_code(close.error_code.into_inner()).to_string()
        }
        ConnectionError::VersionMismatch => {
            "something else than this version of quibus listens there; check the address".to_owned()
        }
        other => format!("the handshake failed: {other}"),
    }
}

fn refused_address(address: &str, reason: String) -> DialError {
    DialError::Address {
        address: address.to_owned(),
        reason,
    }
}

fn name(expected: &Expected) -> String {
    match expected {
        Expected::Peer(peer) => format!("peer {peer}"),
        Expected::Directory => "a directory server".to_owned(),
    }
}
