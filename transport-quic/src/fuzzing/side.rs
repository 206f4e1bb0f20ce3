//! One endpoint with its connections.

use std::collections::BTreeMap;
use std::mem;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::BytesMut;
use quinn_proto::{
    Connection, ConnectionHandle, DatagramEvent, Dir, Endpoint, Event, Incoming, StreamEvent,
    StreamId, Transmit,
};

/// Packets that one connection sends at a time; what is more waits for the next time.
const BURST: usize = 16;
/// Bytes read from a stream at a time.
const GULP: usize = 64 << 10;

/// What becomes of those who dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    Accept,
    Retry,
    Refuse,
    Ignore,
}

/// One endpoint with its connections.
pub(super) struct Side {
    pub(super) endpoint: Endpoint,
    pub(super) connections: BTreeMap<ConnectionHandle, Connection>,
    /// What becomes of each that dials in turn; all that follow are accepted.
    pub(super) admissions: Vec<Admission>,
    pub(super) sent: Vec<Vec<u8>>,
    /// Connections that were ever established.
    pub(super) connected: usize,
    /// What their other sides had proved.
    pub(super) identities: Vec<Option<Vec<u8>>>,
    remote: SocketAddr,
    incoming: usize,
}

impl Side {
    pub(super) fn new(endpoint: Endpoint, remote: SocketAddr) -> Self {
        Self {
            endpoint,
            connections: BTreeMap::new(),
            admissions: Vec::new(),
            sent: Vec::new(),
            connected: 0,
            identities: Vec::new(),
            remote,
            incoming: 0,
        }
    }

    /// Takes a datagram.
    pub(super) fn receive(&mut self, now: Instant, datagram: &[u8]) {
        let mut buffer = Vec::new();
        let bytes = BytesMut::from(datagram);
        let event = self
            .endpoint
            .handle(now, self.remote, None, None, bytes, &mut buffer);
        match event {
            Some(DatagramEvent::ConnectionEvent(handle, event)) => {
                if let Some(connection) = self.connections.get_mut(&handle) {
                    connection.handle_event(event);
                }
            }
            Some(DatagramEvent::NewConnection(incoming)) => self.admit(now, incoming),
            Some(DatagramEvent::Response(transmit)) => self.send(&transmit, &buffer),
            None => {}
        }
    }

    fn admit(&mut self, now: Instant, incoming: Incoming) {
        let admission = self.admissions.get(self.incoming);
        let admission = admission.copied().unwrap_or(Admission::Accept);
        self.incoming += 1;
        let mut buffer = Vec::new();
        match admission {
            Admission::Ignore => self.endpoint.ignore(incoming),
            Admission::Refuse => {
                let transmit = self.endpoint.refuse(incoming, &mut buffer);
                self.send(&transmit, &buffer);
            }
            Admission::Retry if incoming.may_retry() => {
                if let Ok(transmit) = self.endpoint.retry(incoming, &mut buffer) {
                    self.send(&transmit, &buffer);
                }
            }
            Admission::Retry | Admission::Accept => {
                match self.endpoint.accept(incoming, now, &mut buffer, None) {
                    Ok((handle, connection)) => {
                        self.connections.insert(handle, connection);
                    }
                    Err(error) => {
                        if let Some(transmit) = error.response {
                            self.send(&transmit, &buffer);
                        }
                    }
                }
            }
        }
    }

    fn send(&mut self, transmit: &Transmit, buffer: &[u8]) {
        self.sent.push(buffer[..transmit.size].to_vec());
    }

    /// Lets every connection do what is due.
    pub(super) fn drive(&mut self, now: Instant) {
        let handles: Vec<_> = self.connections.keys().copied().collect();
        for handle in handles {
            self.drive_one(now, handle);
        }
    }

    fn drive_one(&mut self, now: Instant, handle: ConnectionHandle) {
        let Some(mut connection) = self.connections.remove(&handle) else {
            return;
        };
        if connection.poll_timeout().is_some_and(|due| due <= now) {
            connection.handle_timeout(now);
        }
        while let Some(event) = connection.poll() {
            self.told(&mut connection, event);
        }
        self.pass_events(handle, &mut connection);
        for _ in 0..BURST {
            let mut buffer = Vec::new();
            let Some(transmit) = connection.poll_transmit(now, 1, &mut buffer) else {
                break;
            };
            self.send(&transmit, &buffer);
        }
        self.pass_events(handle, &mut connection);
        if !connection.is_drained() {
            self.connections.insert(handle, connection);
        }
    }

    fn pass_events(&mut self, handle: ConnectionHandle, connection: &mut Connection) {
        while let Some(event) = connection.poll_endpoint_events() {
            if let Some(answer) = self.endpoint.handle_event(handle, event) {
                connection.handle_event(answer);
            }
        }
    }

    fn told(&mut self, connection: &mut Connection, event: Event) {
        match event {
            Event::Connected => {
                self.connected += 1;
                self.identities.push(leaf(connection));
                if let Some(stream) = connection.streams().open(Dir::Uni) {
                    let _ = connection.send_stream(stream).write(b"welcome");
                }
            }
            Event::Stream(StreamEvent::Opened { dir }) => {
                while let Some(stream) = connection.streams().accept(dir) {
                    read(connection, stream);
                }
            }
            Event::Stream(StreamEvent::Readable { id }) => read(connection, id),
            _ => {}
        }
    }

    /// When the next thing is due.
    pub(super) fn next_timeout(&mut self) -> Option<Instant> {
        let connections = self.connections.values_mut();
        connections.filter_map(Connection::poll_timeout).min()
    }

    /// What was sent since this was asked last.
    pub(super) fn take_sent(&mut self) -> Vec<Vec<u8>> {
        mem::take(&mut self.sent)
    }
}

fn leaf(connection: &Connection) -> Option<Vec<u8>> {
    let identity = connection.crypto_session().peer_identity()?;
    let chain = identity.downcast::<Vec<rustls::pki_types::CertificateDer<'static>>>();
    chain.ok()?.first().map(|leaf| leaf.to_vec())
}

/// Reads what is there and throws it away, as a lane's reader would hand it upwards.
fn read(connection: &mut Connection, stream: StreamId) {
    let mut stream = connection.recv_stream(stream);
    if let Ok(mut chunks) = stream.read(true) {
        while let Ok(Some(_)) = chunks.next(GULP) {}
        let _ = chunks.finalize();
    }
}
