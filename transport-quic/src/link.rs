//! One link: a QUIC connection whose both sides are known.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use quibus::transport::{
    BoxFuture, CloseReason, Incoming, Link, LinkEnd, MemoryBudget, Outgoing, Priority, Remote,
};
use quibus_certs::PeerCertificate;
use quinn::{Connection, ConnectionError, RecvStream, SendStream};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::ending::Ending;
use crate::lane_reader::LaneReader;
use crate::lane_writer::LaneWriter;
use crate::link_windows::{LinkWindows, Moved};
use crate::settings::UNIDIRECTIONAL_STREAMS;
use crate::tls;

/// Lanes that this side may have open or waiting to be opened: what the other side lets in, the
/// control lane, and as many again that wait for a slot to be freed.
const MAX_LANES: usize = 2 * UNIDIRECTIONAL_STREAMS as usize + 1;

/// The handle of a link; dropping the last one closes it.
pub(crate) struct QuicLink {
    remote: Remote,
    state: Arc<LinkState>,
}

/// What the handle shares with the task that watches over the link.
struct LinkState {
    /// `None` once the link has ended, so that a handle somebody keeps does not keep its buffers.
    connection: Mutex<Option<Connection>>,
    ending: Ending,
    runtime: Handle,
    /// One writer per lane; ended with the link.
    lanes: Mutex<JoinSet<()>>,
    control_writer: Mutex<Option<oneshot::Receiver<LaneWriter>>>,
    control_reader: tokio::sync::Mutex<Option<oneshot::Receiver<LaneReader>>>,
    ended: watch::Sender<Option<LinkEnd>>,
    windows: Mutex<LinkWindows>,
}

/// Which side of a link this is: the dialler opens the control stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Dialler,
    Acceptor,
}

impl QuicLink {
    /// Makes a link of a connection whose handshake both sides have completed. It ends when the
    /// other side's certificate does.
    pub(crate) fn new(
        connection: Connection,
        side: Side,
        environment: &str,
    ) -> Result<Self, String> {
        let (remote, not_after) = remote(&connection, environment)?;
        let (writer, control_writer) = oneshot::channel();
        let (reader, control_reader) = oneshot::channel();
        let state = Arc::new(LinkState {
            connection: Mutex::new(Some(connection.clone())),
            ending: Ending::default(),
            runtime: Handle::current(),
            lanes: Mutex::default(),
            control_writer: Mutex::new(Some(control_writer)),
            control_reader: tokio::sync::Mutex::new(Some(control_reader)),
            ended: watch::Sender::new(None),
            windows: Mutex::default(),
        });
        let watched = state.clone();
        state.runtime.spawn(async move {
            let ending = &watched.ending;
            let error = tokio::select! {
                error = watch_over(&connection, side, ending, writer, reader) => error,
                () = sleep(not_after.duration_since(SystemTime::now()).unwrap_or_default()) => {
                    ending.close(&connection, CloseReason::NotAllowed);
                    connection.closed().await
                }
            };
            watched.end(ending.classify(&error));
        });
        Ok(Self { remote, state })
    }
}

impl Link for QuicLink {
    fn remote(&self) -> &Remote {
        &self.remote
    }

    fn open(&self, priority: Priority, outgoing: Box<dyn Outgoing>) {
        let state = &self.state;
        let mut lanes = held(&state.lanes);
        while lanes.try_join_next().is_some() {}
        // Looked at with the lanes held: the end takes the connection away first, the lanes after.
        let Some(connection) = state.connection() else {
            return;
        };
        if lanes.len() >= MAX_LANES {
            tracing::error!(remote = %self.remote.identity, "closing a link with too many lanes");
            return state.ending.close(&connection, CloseReason::Protocol);
        }
        if priority != Priority::CONTROL {
            let lane = async move {
                if let Ok(stream) = connection.open_uni().await {
                    LaneWriter::new(stream).run(priority, outgoing).await;
                }
            };
            lanes.spawn_on(lane, &state.runtime);
        } else if let Some(writer) = held(&state.control_writer).take() {
            let lane = async move {
                if let Ok(writer) = writer.await {
                    writer.run(priority, outgoing).await;
                }
            };
            lanes.spawn_on(lane, &state.runtime);
        } else {
            tracing::error!(remote = %self.remote.identity, "the control lane was opened twice");
            state.ending.close(&connection, CloseReason::Protocol);
        }
    }

    fn accept(&self) -> BoxFuture<'_, Result<Box<dyn Incoming>, LinkEnd>> {
        Box::pin(async move {
            let state = &*self.state;
            let Some(connection) = state.connection() else {
                return Err(state.wait_for_end().await);
            };
            let mut control = state.control_reader.lock().await;
            if let Some(reader) = control.as_mut() {
                // Waits on the borrowed receiver, so that an abandoned call loses nothing.
                let Ok(lane) = reader.await else {
                    return Err(state.wait_for_end().await);
                };
                *control = None;
                return Ok(Box::new(lane) as Box<dyn Incoming>);
            }
            drop(control);
            match connection.accept_uni().await {
                Ok(stream) => Ok(Box::new(LaneReader::new(stream, state.ending.clone())) as _),
                Err(error) => Err(state.ending.classify(&error)),
            }
        })
    }

    fn close(&self, reason: CloseReason) {
        if let Some(connection) = self.state.connection() {
            self.state.ending.close(&connection, reason);
        }
    }

    fn review(&self, budget: &MemoryBudget) {
        let Some(connection) = self.state.connection() else {
            return;
        };
        let stats = connection.stats();
        let moved = Moved {
            received: stats.udp_rx.bytes,
            sent: stats.udp_tx.bytes,
        };
        let mut windows = held(&self.state.windows);
        windows.review(moved, Instant::now(), budget);
        windows.apply(&connection);
    }

    fn closed(&self) -> BoxFuture<'_, LinkEnd> {
        Box::pin(self.state.wait_for_end())
    }

    fn leave_unread(&self, before: u64, after: u64) {
        let Some(connection) = self.state.connection() else {
            return;
        };
        let mut windows = held(&self.state.windows);
        windows.leave_unread(before, after);
        windows.apply(&connection);
    }
}

impl Drop for QuicLink {
    fn drop(&mut self) {
        self.close(CloseReason::Done);
    }
}

impl fmt::Debug for QuicLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuicLink")
            .field("remote", &self.remote)
            .finish_non_exhaustive()
    }
}

impl LinkState {
    fn connection(&self) -> Option<Connection> {
        held(&self.connection).clone()
    }

    fn end(&self, end: LinkEnd) {
        self.ended.send_replace(Some(end));
        *held(&self.connection) = None;
        *held(&self.windows) = LinkWindows::default();
        held(&self.lanes).abort_all();
    }

    async fn wait_for_end(&self) -> LinkEnd {
        let mut ended = self.ended.subscribe();
        match ended.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(end)) => end.clone(),
            // The sender lives in `self`.
            _ => LinkEnd::Broken("the link was dropped".to_owned()),
        }
    }
}

/// Brings the control stream into being, then waits for the end. The other side has no reason to
/// open a second bidirectional stream.
async fn watch_over(
    connection: &Connection,
    side: Side,
    ending: &Ending,
    writer: oneshot::Sender<LaneWriter>,
    reader: oneshot::Sender<LaneReader>,
) -> ConnectionError {
    match control_stream(connection, side).await {
        Ok((send, receive)) => {
            // Both receivers live as long as the handle.
            let _ = writer.send(LaneWriter::new(send));
            let _ = reader.send(LaneReader::new(receive, ending.clone()));
        }
        Err(error) => return error,
    }
    match connection.accept_bi().await {
        Ok(_) => {
            ending.close(connection, CloseReason::Protocol);
            connection.closed().await
        }
        Err(error) => error,
    }
}

async fn control_stream(
    connection: &Connection,
    side: Side,
) -> Result<(SendStream, RecvStream), ConnectionError> {
    match side {
        Side::Dialler => connection.open_bi().await,
        Side::Acceptor => connection.accept_bi().await,
    }
}

/// Who the other side is, and until when its certificate says so.
fn remote(connection: &Connection, environment: &str) -> Result<(Remote, SystemTime), String> {
    let certificate = tls::peer_certificate(connection).ok_or("it showed no certificate")?;
    let id = quibus_certs::check_peer(&certificate, environment).map_err(|e| e.to_string())?;
    let certificate = PeerCertificate::read(&certificate).map_err(|e| e.to_string())?;
    let address = connection.remote_address();
    let remote = Remote {
        identity: id.identity().clone(),
        environment: id.environment().to_owned(),
        // A socket for both families sees IPv4 addresses in IPv6 clothes.
        address: SocketAddr::new(address.ip().to_canonical(), address.port()).to_string(),
    };
    Ok((remote, certificate.not_after()))
}

/// A lock that outlives a panic elsewhere: what it guards is replaced whole, never half-changed.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
