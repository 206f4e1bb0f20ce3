//! The conformance suite of the transport contract, over QUIC on loopback.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use quibus::Identity;
use quibus::transport::suite::World;
use quibus::transport::{BoxFuture, Transport};
use quibus_quic::Quic;
use tokio::net::UdpSocket;

use crate::authority::Authority;

/// Transports on free ports of 127.0.0.1 that trust one CA.
struct Loopback {
    authority: Authority,
    /// Sockets that swallow what they get, so that nobody else can take their port.
    mute: Mutex<Vec<UdpSocket>>,
}

impl Loopback {
    fn new() -> Self {
        Self {
            authority: Authority::new(),
            mute: Mutex::default(),
        }
    }
}

impl World for Loopback {
    fn transport(&self, identity: &Identity) -> Arc<dyn Transport> {
        let quic = Quic::with(self.authority.credentials(identity))
            .listen("127.0.0.1:0")
            .handshake_timeout(Duration::from_secs(4));
        Arc::new(quic)
    }

    fn nobody(&self) -> BoxFuture<'_, String> {
        Box::pin(async {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            let address = socket.local_addr().unwrap().to_string();
            self.mute.lock().unwrap().push(socket);
            address
        })
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }
}

quibus::transport_suite!(
    #[tokio::test]
    Loopback::new()
);
