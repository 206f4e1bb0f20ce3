//! Links that others dial.

use std::sync::Arc;
use std::time::Duration;

use quibus::transport::{CloseReason, Link};
use quinn::{Connection, ConnectionError, Endpoint, Incoming};
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::gate::{Admission, Gate};
use crate::link::{QuicLink, Side};
use crate::settings;

/// What is more than that is for ever: no clock reaches so far.
const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// Lets diallers in through the gate and hands their links to the bus.
pub(crate) struct Acceptor {
    pub(crate) endpoint: Endpoint,
    pub(crate) gate: Gate,
    pub(crate) arrivals: mpsc::Sender<Arc<dyn Link>>,
    pub(crate) environment: Arc<str>,
    pub(crate) handshake_timeout: Duration,
}

impl Acceptor {
    /// Accepts until the endpoint is closed or nobody takes arrivals any more.
    pub(crate) async fn run(self) {
        let mut handshakes = JoinSet::new();
        loop {
            tokio::select! {
                Some(_) = handshakes.join_next() => {}
                incoming = self.next() => match incoming {
                    Some(incoming) => self.admit(incoming, &mut handshakes),
                    None => break,
                },
            }
        }
        // Diallers are told at once instead of waiting for nothing.
        self.endpoint.set_server_config(None);
    }

    /// The next attempt, once there is room for its link. Cancel-safe: what is not returned stays
    /// queued in the endpoint.
    async fn next(&self) -> Option<Incoming> {
        drop(self.arrivals.reserve().await.ok()?);
        self.endpoint.accept().await
    }

    fn admit(&self, incoming: Incoming, handshakes: &mut JoinSet<()>) {
        let address = incoming.remote_address();
        let proved = incoming.remote_address_validated();
        let links = self.endpoint.open_connections();
        match self
            .gate
            .judge(address.ip(), proved, handshakes.len(), links)
        {
            Admission::Accept => {
                let deadline = Instant::now() + self.handshake_timeout.min(LONGEST);
                let arrivals = self.arrivals.clone();
                let environment = self.environment.clone();
                handshakes.spawn(handshake(incoming, deadline, arrivals, environment));
            }
            Admission::Retry => {
                // Only an attempt that was never retried gets here.
                let _ = incoming.retry();
            }
            Admission::Refuse => {
                tracing::debug!(%address, "a dial was refused: too many at once");
                incoming.refuse();
            }
        }
    }
}

/// Runs one handshake and hands its link over. Whatever is wrong is said here, for the one who
/// operates this side; the dialler learns it by a number.
async fn handshake(
    incoming: Incoming,
    deadline: Instant,
    arrivals: mpsc::Sender<Arc<dyn Link>>,
    environment: Arc<str>,
) {
    let address = incoming.remote_address();
    let connection = match timeout_at(deadline, connect(incoming)).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => {
            let reason = failure(&error);
            return tracing::warn!(%address, reason, "a dial was refused");
        }
        Err(_) => return tracing::debug!(%address, "a dial was given up: it took too long"),
    };
    match timeout_at(deadline, arrivals.reserve_owned()).await {
        Ok(Ok(room)) => hand_over(connection, deadline, room, &environment).await,
        // Nobody takes links yet, or any more.
        _ => connection.close(settings::code(CloseReason::Starting), b""),
    }
}

async fn connect(incoming: Incoming) -> Result<Connection, ConnectionError> {
    incoming.accept()?.await
}

async fn hand_over(
    connection: Connection,
    deadline: Instant,
    room: OwnedPermit<Arc<dyn Link>>,
    environment: &str,
) {
    let address = connection.remote_address();
    match timeout_at(deadline, welcome(&connection)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return tracing::debug!(%address, %error, "a dialler went away"),
        // It grants no stream, and would keep the room of a link for as long as it likes.
        Err(_) => {
            tracing::debug!(%address, "a dial was given up: the dialler takes no welcome");
            return connection.close(settings::code(CloseReason::Unresponsive), b"");
        }
    }
    match QuicLink::new(connection.clone(), Side::Acceptor, environment) {
        Ok(link) => drop(room.send(Arc::new(link))),
        Err(reason) => {
            tracing::warn!(%address, reason, "a dial was refused");
            connection.close(settings::code(CloseReason::NotAllowed), b"");
        }
    }
}

/// Tells the dialler, by an empty stream, that its certificate was accepted.
async fn welcome(connection: &Connection) -> Result<(), ConnectionError> {
    let mut stream = connection.open_uni().await?;
    // Fails only if the dialler has refused the stream, and with it the welcome.
    let _ = stream.finish();
    Ok(())
}

/// Why a handshake failed. What the dialler wrote itself stays out: anybody could put anything
/// into our log with it.
fn failure(error: &ConnectionError) -> String {
    match error {
        ConnectionError::ConnectionClosed(close) => {
            format!(
                "the dialler gave up (error {:#x})",
                u64::from(close.error_code)
            )
        }
        ConnectionError::ApplicationClosed(close) => {
            let reason = CloseReason::from_code(close.error_code.into_inner());
            format!("the dialler went away: {reason}")
        }
        other => other.to_string(),
    }
}
