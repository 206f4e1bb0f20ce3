//! The certificates that a server presents to whoever dials it.

use std::net::SocketAddr;
use std::time::Duration;

use quibus_quic_crypto::Provider;
use quinn::{ConnectionError, Endpoint, EndpointConfig, Runtime, TokioRuntime};
use rustls::pki_types::CertificateDer;
use tokio::time::timeout;

use crate::dialler::{SERVER_NAME, refusal};
use crate::settings;
use crate::socket;
use crate::tls::Witness;

/// The certificates that a server presents to whoever dials it, believed by nobody yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The address that answered.
    pub address: SocketAddr,
    /// Its certificate, followed by intermediates; never empty. The server has proved to hold the
    /// key of the first.
    pub chain: Vec<CertificateDer<'static>>,
}

/// Why nothing was seen of what a server presents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentedError {
    /// There is no such address, or this machine can't dial it.
    #[error("cannot dial {address}: {reason}")]
    Address {
        /// What was to be dialled.
        address: String,
        /// Why not.
        reason: String,
    },
    /// Nobody answered.
    #[error(
        "nothing at {address} answered within {} ms: is it running, and does every firewall on \
         the way let UDP through?", .after.as_millis()
    )]
    Silent {
        /// What was dialled.
        address: String,
        /// How long was waited.
        after: Duration,
    },
    /// Somebody answered, and showed no certificate.
    #[error("{address} shows no certificate: {reason}")]
    Refused {
        /// Who was dialled.
        address: String,
        /// What it said.
        reason: String,
    },
}

impl Presented {
    /// Dials `host:port` and looks at what is presented, at most for `patience`. Shows no
    /// certificate and tells nothing: to the server it is a handshake that was broken off.
    ///
    /// # Errors
    /// If nobody is there, or somebody who does not speak this protocol.
    pub async fn by(address: &str, patience: Duration) -> Result<Self, PresentedError> {
        let remotes = resolve(address).await?;
        let seen = async {
            let mut failure = None;
            for remote in remotes {
                match look(address, remote).await {
                    Ok(presented) => return Ok(presented),
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            Err(failure.unwrap_or_else(|| unusable(address, "the name has no address")))
        };
        let silent = |_| PresentedError::Silent {
            address: address.to_owned(),
            after: patience,
        };
        timeout(patience, seen).await.map_err(silent)?
    }
}

/// IPv4 first: what listens on all of a name's addresses answers there too, and what listens on
/// one of them only mostly has that one.
async fn resolve(address: &str) -> Result<Vec<SocketAddr>, PresentedError> {
    let found = tokio::net::lookup_host(address).await.map_err(|error| {
        let reason = format!("{error}; write host:port, for instance shop:7000");
        unusable(address, reason)
    })?;
    let mut remotes: Vec<_> = found.collect();
    remotes.sort_by_key(SocketAddr::is_ipv6);
    Ok(remotes)
}

async fn look(address: &str, remote: SocketAddr) -> Result<Presented, PresentedError> {
    let failed = |reason: String| unusable(address, reason);
    let endpoint = endpoint(remote).await.map_err(failed)?;
    let (witness, mut configuration) = Witness::dialling().map_err(failed)?;
    configuration.version(settings::QUIC_V1);
    let connecting = endpoint
        .connect_with(configuration, remote, SERVER_NAME)
        .map_err(|error| failed(error.to_string()))?;
    let ended = connecting.await;
    if let Some(chain) = witness.testimony() {
        return Ok(Presented {
            address: remote,
            chain,
        });
    }
    let error = ended.err().unwrap_or(ConnectionError::LocallyClosed);
    Err(PresentedError::Refused {
        address: address.to_owned(),
        reason: refusal(&error),
    })
}

/// A socket of its own, of the other side's family, that accepts nothing.
async fn endpoint(remote: SocketAddr) -> Result<Endpoint, String> {
    let any = match remote {
        SocketAddr::V4(_) => "0.0.0.0:0",
        SocketAddr::V6(_) => "[::]:0",
    };
    let socket = socket::bind(Some(any)).await;
    let socket = socket.map_err(|error| error.to_string())?;
    let configuration: EndpointConfig = Provider::best()
        .endpoint_config()
        .map_err(|error| error.to_string())?;
    let runtime = std::sync::Arc::new(TokioRuntime);
    let endpoint = runtime.wrap_udp_socket(socket).and_then(|socket| {
        let configuration = settings::endpoint(configuration);
        Endpoint::new_with_abstract_socket(configuration, None, socket, runtime.clone())
    });
    endpoint.map_err(|error| error.to_string())
}

fn unusable(address: &str, reason: impl Into<String>) -> PresentedError {
    PresentedError::Address {
        address: address.to_owned(),
        reason: reason.into(),
    }
}
