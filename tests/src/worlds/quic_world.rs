//! Over QUIC on loopback, every process behind a relay.

use std::collections::BTreeMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use quibus::transport::{
    BindError, Bound, BoxFuture, CloseReason, DialError, Expected, Link, Transport,
};
use quibus::{Identity, PeerId};
use quibus_certs::issue::{DevelopmentCa, Validity};
use quibus_quic::{Quic, QuicConfig};
use quibus_relay::{Direction, Relay, StartError, Weather};
use tokio::sync::mpsc;

use super::injected::Injected;
use super::world::World;

/// A dial that meets a black hole is given up after this long, unless said otherwise.
const HANDSHAKE: Duration = Duration::from_millis(500);

/// A [`World`] over real sockets: certificates made on the spot, and a [`Relay`] in front of each
/// peer.
///
/// Must be used within a tokio runtime.
#[derive(Debug)]
pub struct QuicWorld {
    ca: DevelopmentCa,
    relays: Arc<Relays>,
    handshake: Duration,
}

/// Relays by the peers that they stand in front of.
#[derive(Debug)]
struct Relays {
    seed: u64,
    weather: Mutex<Weather>,
    running: Mutex<BTreeMap<String, Arc<Relay>>>,
    /// Black holes, by who sends and who is to hear.
    holes: Mutex<Vec<(String, String)>>,
    links: Mutex<Vec<Dialled>>,
    /// What relays did that are no more, and how many links were cut.
    injected: Mutex<Injected>,
}

/// A link that was dialled: by whom, whom.
type Dialled = (PeerId, PeerId, Weak<dyn Link>);

impl QuicWorld {
    /// A world under a clear sky, with a CA of its own.
    ///
    /// # Errors
    /// If no certificate can be made.
    pub fn new() -> Result<Self, Box<dyn Error + Send + Sync>> {
        Self::under(Weather::CLEAR, 0)
    }

    /// A world under this weather, in both directions of every relay.
    ///
    /// # Errors
    /// If no certificate can be made.
    pub fn under(weather: Weather, seed: u64) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self {
            ca: DevelopmentCa::create("test", DevelopmentCa::VALID_FOR)?,
            relays: Arc::new(Relays {
                seed,
                weather: Mutex::new(weather),
                running: Mutex::default(),
                holes: Mutex::default(),
                links: Mutex::default(),
                injected: Mutex::default(),
            }),
            handshake: HANDSHAKE,
        })
    }

    /// Transports give a dial up after this long: for weather in which half a second is too short.
    pub fn handshake_timeout(self, handshake: Duration) -> Self {
        Self { handshake, ..self }
    }

    /// What stands in front of a peer; `None` before its first run, and after it was silenced.
    pub fn relay(&self, peer: &str) -> Option<Arc<Relay>> {
        locked(&self.relays.running).get(peer).cloned()
    }
}

impl Relays {
    /// Puts a relay in front of a run of a peer: the one that stood in front of its last.
    fn lead_to(&self, peer: &str, target: SocketAddr) -> Result<Arc<Relay>, StartError> {
        let mut running = locked(&self.running);
        if let Some(relay) = running.get(peer) {
            relay.set_target(target);
            return Ok(relay.clone());
        }
        // Relays are not to draw the same chances, and a seed is to bring back each one's.
        let number = running.len() as u64;
        let setup = Relay::to(target).seed(self.seed.wrapping_add(number));
        let relay = Arc::new(setup.weather(*locked(&self.weather)).start()?);
        self.open(peer, &relay);
        running.insert(peer.to_owned(), relay.clone());
        Ok(relay)
    }

    fn open_all(&self) {
        for (peer, relay) in locked(&self.running).iter() {
            self.open(peer, relay);
        }
    }

    fn remember(&self, dialler: &PeerId, expected: &Expected, link: &Arc<dyn Link>) {
        if let Expected::Peer(peer) = expected {
            let mut links = locked(&self.links);
            links.retain(|(_, _, link)| link.strong_count() > 0);
            links.push((dialler.clone(), peer.clone(), Arc::downgrade(link)));
        }
    }

    /// With two peers a direction is a relay's: there is nobody else to dial it.
    fn open(&self, peer: &str, relay: &Relay) {
        let holes = locked(&self.holes);
        relay.set_cut(Direction::ToTarget, holes.iter().any(|(_, to)| to == peer));
        let from = holes.iter().any(|(from, _)| from == peer);
        relay.set_cut(Direction::FromTarget, from);
    }
}

impl World for QuicWorld {
    fn name(&self) -> &'static str {
        "QUIC on loopback"
    }

    fn transport_as(
        &self,
        peer: &str,
        identity: &Identity,
    ) -> Result<Arc<dyn Transport>, Box<dyn Error + Send + Sync>> {
        let issued = self.ca.issue(identity, Validity::default())?;
        let mut config = QuicConfig::new(issued.credentials()?);
        config.listen = Some("127.0.0.1:0".to_owned());
        config.handshake_timeout = self.handshake;
        // Links are cut far more often than any service would dial.
        config.handshakes_per_second = 1_000_000;
        Ok(Arc::new(Relayed {
            quic: Quic::configured(config),
            relays: self.relays.clone(),
            peer: PeerId::new(peer)?,
            own: OnceLock::new(),
        }))
    }

    /// Between all others and `to`, or `from`: a relay does not know who dials it.
    fn black_hole(&self, from: &str, to: &str) {
        locked(&self.relays.holes).push((from.to_owned(), to.to_owned()));
        self.relays.open_all();
    }

    fn heal(&self) {
        locked(&self.relays.holes).clear();
        self.relays.open_all();
    }

    /// By its dialler: of what is on its way the other side reads what has come.
    fn cut(&self, one: &str, other: &str) -> usize {
        let mut links = locked(&self.relays.links);
        let mut cut = 0;
        links.retain(|(dialler, dialled, link)| {
            let pair = [dialler.as_str(), dialled.as_str()];
            if pair != [one, other] && pair != [other, one] {
                return true;
            }
            if let Some(link) = link.upgrade() {
                link.close(CloseReason::Done);
                cut += 1;
            }
            false
        });
        locked(&self.relays.injected).links_cut += cut as u64;
        cut
    }

    fn change_addresses(&self) -> BoxFuture<'_, usize> {
        Box::pin(async move {
            let relays: Vec<_> = locked(&self.relays.running).values().cloned().collect();
            let mut changed = 0;
            for relay in relays {
                changed += relay.change_addresses().await.unwrap_or(0);
            }
            changed
        })
    }

    fn has_packets(&self) -> bool {
        true
    }

    fn calm(&self) {
        *locked(&self.relays.weather) = Weather::CLEAR;
        for relay in locked(&self.relays.running).values() {
            relay.set_weather(Weather::CLEAR);
        }
        self.heal();
    }

    fn injected(&self) -> String {
        let mut injected = *locked(&self.relays.injected);
        for relay in locked(&self.relays.running).values() {
            injected.add(&relay.counters());
        }
        injected.to_string()
    }

    /// Datagrams.
    fn swallowed(&self) -> u64 {
        let cut = |relay: &Arc<Relay>| {
            let counters = relay.counters();
            counters.to_target.cut + counters.from_target.cut
        };
        locked(&self.relays.running).values().map(cut).sum()
    }

    /// What it sends through its own relay is lost with that; what it sends through those of
    /// others they swallow until the next [`heal`](World::heal).
    fn silence(&self, peer: &str) {
        let mut running = locked(&self.relays.running);
        if let Some(own) = running.remove(peer) {
            own.cut_both();
            locked(&self.relays.injected).add(&own.counters());
        }
        for relay in running.values() {
            relay.cut(Direction::ToTarget);
        }
    }
}

/// QUIC that is dialled through a relay.
#[derive(Debug)]
struct Relayed {
    quic: Quic,
    relays: Arc<Relays>,
    peer: PeerId,
    /// Lives as long as this, so that a silenced run stays behind it.
    own: OnceLock<Arc<Relay>>,
}

impl Transport for Relayed {
    fn bind<'a>(
        &'a self,
        peer: &'a PeerId,
        arrivals: mpsc::Sender<Arc<dyn Link>>,
    ) -> BoxFuture<'a, Result<Bound, BindError>> {
        Box::pin(async move {
            let bound = self.quic.bind(peer, arrivals).await?;
            let unusable = |reason: String| BindError::Address {
                address: bound.address.clone(),
                reason,
            };
            let local: Result<SocketAddr, _> = bound.address.parse();
            let local = local.map_err(|e| unusable(e.to_string()))?;
            let relay = self.relays.lead_to(peer.as_str(), local);
            let relay = relay.map_err(|e| unusable(e.to_string()))?;
            let address = self.own.get_or_init(|| relay).address().to_string();
            Ok(Bound { address, ..bound })
        })
    }

    fn dial<'a>(
        &'a self,
        address: &'a str,
        expected: &'a Expected,
    ) -> BoxFuture<'a, Result<Arc<dyn Link>, DialError>> {
        Box::pin(async move {
            let link = self.quic.dial(address, expected).await?;
            self.relays.remember(&self.peer, expected, &link);
            Ok(link)
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.quic.close()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
