//! A restarted acceptor ends the connections of its predecessor.

use std::net::UdpSocket;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use quibus_certs::issue::KeyKind;
use quibus_quic_crypto::{ResetKey, TokenKey};
use quinn::{
    ConnectionError, Endpoint, EndpointConfig, ServerConfig, TokioRuntime, TransportConfig,
};
use tokio::sync::oneshot;

use crate::certificates::{ACCEPTOR, Certificates};
use crate::glue::{Glue, pairs};
use crate::pair::{Side, run, socket};

/// An acceptor that can die without a word: what runs it is gone, and its socket is not.
struct Process {
    life: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Process {
    fn start(
        acceptor: Glue,
        certificates: &Certificates,
        config: EndpointConfig,
        socket: UdpSocket,
    ) -> Self {
        let side = Side::new(acceptor);
        let crypto = side.glue.server(side.acceptor_tls(certificates));
        let server = ServerConfig::new(crypto, Arc::new(TokenKey::new(&[9; 64])));
        let (life, death) = oneshot::channel();
        let accept = async move {
            let runtime = Arc::new(TokioRuntime);
            let endpoint = Endpoint::new(config, Some(server), socket, runtime).unwrap();
            let mut kept = Vec::new();
            while let Some(incoming) = endpoint.accept().await {
                let connection = incoming.await.unwrap();
                let mut stream = connection.open_uni().await.unwrap();
                stream.write_all(b"!").await.unwrap();
                kept.push((connection, stream));
            }
        };
        let thread = std::thread::spawn(|| {
            run(async {
                tokio::select! {
                    () = accept => {}
                    _ = death => {}
                }
            });
        });
        Self { life, thread }
    }

    /// What drives the connections ends with the runtime, before it can say that they are closed.
    async fn die(self) {
        drop(self.life);
        let gone = tokio::task::spawn_blocking(|| self.thread.join());
        gone.await.unwrap().unwrap();
    }
}

/// How the dialler's connection ends when another process has taken the acceptor's place.
fn end_after_restart(dialler: Glue, acceptor: Glue, second: EndpointConfig) -> ConnectionError {
    let certificates = Certificates::of(KeyKind::Ed25519);
    let socket = socket();
    let address = socket.local_addr().unwrap();
    let again = socket.try_clone().unwrap();
    let first = Process::start(acceptor, &certificates, key(7).endpoint_config(), socket);
    let side = Side::new(dialler);
    run(async {
        let (from, _) = side.dialler(side.dialler_tls(&certificates));
        let mut config =
            quinn::ClientConfig::new(side.glue.client(side.dialler_tls(&certificates)));
        let mut transport = TransportConfig::default();
        // Long for loopback, and the test that waits for it does not wait long.
        transport.max_idle_timeout(Some(Duration::from_secs(3).try_into().unwrap()));
        config.transport_config(Arc::new(transport));
        let connecting = from.connect_with(config, address, ACCEPTOR).unwrap();
        let connection = connecting.await.unwrap();
        // A dialler is done before the acceptor is, who must not leave its successor the rest.
        let mut accepted = connection.accept_uni().await.unwrap();
        accepted.read_exact(&mut [0]).await.unwrap();
        let mut stream = connection.open_uni().await.unwrap();
        first.die().await;
        let second = Process::start(acceptor, &certificates, second, again);
        let words = [b'!'; 512];
        while stream.write_all(&words).await.is_ok() {
            if connection.close_reason().is_some() {
                break;
            }
            // Anything new is sent at once; then it is the other's turn.
            tokio::task::yield_now().await;
        }
        let end = connection.closed().await;
        second.die().await;
        end
    })
}

fn key(secret: u8) -> ResetKey {
    ResetKey::new(&[secret; 64])
}

#[test]
fn an_acceptor_with_its_predecessors_key_ends_its_connections() {
    for (dialler, acceptor) in pairs() {
        let end = end_after_restart(dialler, acceptor, key(7).endpoint_config());
        assert_eq!(end, ConnectionError::Reset, "{dialler} to {acceptor}");
    }
}

#[test]
fn an_acceptor_that_recognises_the_connections_but_has_another_key_is_not_believed() {
    let (dialler, acceptor) = pairs()[0];
    let mut config = key(7).endpoint_config();
    config.reset_key(Arc::new(key(8)));
    let end = end_after_restart(dialler, acceptor, config);
    assert_eq!(end, ConnectionError::TimedOut);
}
