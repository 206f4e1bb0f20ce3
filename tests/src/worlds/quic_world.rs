//! Over QUIC on loopback, every process behind a forwarder.

use std::collections::BTreeMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use quibus::transport::{BindError, Bound, BoxFuture, DialError, Expected, Link, Transport};
use quibus::{Identity, PeerId};
use quibus_certs::issue::{DevelopmentCa, Validity};
use quibus_quic::{Quic, QuicConfig};
use tokio::sync::mpsc;

use super::forwarder::Forwarder;
use super::world::World;

/// A dial that meets a black hole is given up after this long.
const HANDSHAKE: Duration = Duration::from_millis(500);

/// A [`World`] over real sockets: certificates made on the spot, and a [`Forwarder`] in front of
/// each peer.
///
/// Must be used within a tokio runtime.
#[derive(Debug)]
pub struct QuicWorld {
    ca: DevelopmentCa,
    forwarders: Mutex<BTreeMap<String, Arc<Forwarder>>>,
    /// Black holes, by who sends and who is to hear.
    holes: Mutex<Vec<(String, String)>>,
}

impl QuicWorld {
    /// A world with a CA of its own.
    ///
    /// # Errors
    /// If no certificate can be made.
    pub fn new() -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self {
            ca: DevelopmentCa::create("test", DevelopmentCa::VALID_FOR)?,
            forwarders: Mutex::default(),
            holes: Mutex::default(),
        })
    }

    fn forwarder(&self, peer: &str) -> Result<Arc<Forwarder>, std::io::Error> {
        let mut forwarders = locked(&self.forwarders);
        if let Some(forwarder) = forwarders.get(peer) {
            return Ok(forwarder.clone());
        }
        let forwarder = Arc::new(Forwarder::bind()?);
        forwarders.insert(peer.to_owned(), forwarder.clone());
        Ok(forwarder)
    }

    /// With two peers a way is a forwarder's: there is nobody else to dial it.
    fn set_ways(&self) {
        let holes = locked(&self.holes);
        for (peer, forwarder) in locked(&self.forwarders).iter() {
            forwarder.swallow_towards_target(holes.iter().any(|(_, to)| to == peer));
            forwarder.swallow_from_target(holes.iter().any(|(from, _)| from == peer));
        }
    }
}

impl World for QuicWorld {
    fn name(&self) -> &'static str {
        "QUIC on loopback"
    }

    fn transport(&self, peer: &str) -> Result<Arc<dyn Transport>, Box<dyn Error + Send + Sync>> {
        // Fed by hand, as only a directory is: see `Stage`.
        let identity = Identity::Directory(PeerId::new(peer)?);
        let issued = self.ca.issue(&identity, Validity::default())?;
        let mut config = QuicConfig::new(issued.credentials()?);
        config.listen = Some("127.0.0.1:0".to_owned());
        config.handshake_timeout = HANDSHAKE;
        // Links are cut far more often than any service would dial.
        config.handshakes_per_second = 1_000_000;
        Ok(Arc::new(Forwarded {
            quic: Quic::new(config),
            forwarder: self.forwarder(peer)?,
        }))
    }

    /// Between all others and `to`, or `from`: a forwarder does not know who dials it.
    fn black_hole(&self, from: &str, to: &str) {
        locked(&self.holes).push((from.to_owned(), to.to_owned()));
        self.set_ways();
    }

    fn heal(&self) {
        locked(&self.holes).clear();
        self.set_ways();
    }

    /// Datagrams.
    fn swallowed(&self) -> u64 {
        locked(&self.forwarders)
            .values()
            .map(|forwarder| forwarder.swallowed())
            .sum()
    }

    /// What it sends through its own forwarder is lost with that; what it sends through those of
    /// others they swallow until the next [`heal`](World::heal).
    fn silence(&self, peer: &str) {
        let own = locked(&self.forwarders).remove(peer);
        if let Some(own) = own {
            own.set_target(None);
            own.swallow_from_target(true);
        }
        for forwarder in locked(&self.forwarders).values() {
            forwarder.swallow_towards_target(true);
        }
    }
}

/// QUIC that is dialled through a forwarder.
#[derive(Debug)]
struct Forwarded {
    quic: Quic,
    forwarder: Arc<Forwarder>,
}

impl Transport for Forwarded {
    fn bind<'a>(
        &'a self,
        peer: &'a PeerId,
        arrivals: mpsc::Sender<Arc<dyn Link>>,
    ) -> BoxFuture<'a, Result<Bound, BindError>> {
        Box::pin(async move {
            let bound = self.quic.bind(peer, arrivals).await?;
            let local: Option<SocketAddr> = bound.address.parse().ok();
            self.forwarder.set_target(local);
            let address = self.forwarder.address().to_string();
            Ok(Bound { address, ..bound })
        })
    }

    fn dial<'a>(
        &'a self,
        address: &'a str,
        expected: &'a Expected,
    ) -> BoxFuture<'a, Result<Arc<dyn Link>, DialError>> {
        self.quic.dial(address, expected)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.quic.close()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
