//! What the checks stand on: transports of a kind, and two of them linked.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::id::{Identity, PeerId};
use crate::transport::{Bound, BoxFuture, Expected, Link, Transport};

/// A network on which the suite may make transports that trust each other.
pub trait World: Send + Sync {
    /// A fresh transport, not bound yet, at an address of its own, whose certificate proves
    /// `identity`. All transports of a world share environment and CA.
    fn transport(&self, identity: &Identity) -> Arc<dyn Transport>;

    /// An address at which nobody answers.
    fn nobody(&self) -> BoxFuture<'_, String>;

    /// How long anything may take; must exceed the transport's handshake time-out.
    fn patience(&self) -> Duration;
}

/// A bound transport and what arrives at it.
pub(super) struct Station {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) bound: Bound,
    pub(super) arrivals: mpsc::Receiver<Arc<dyn Link>>,
}

impl Station {
    pub(super) async fn bind(world: &dyn World, identity: Identity, name: &PeerId) -> Self {
        Self::with_room(world, identity, name, 8).await
    }

    pub(super) async fn with_room(
        world: &dyn World,
        identity: Identity,
        name: &PeerId,
        room: usize,
    ) -> Self {
        let transport = world.transport(&identity);
        let (sender, arrivals) = mpsc::channel(room);
        let bound = soon(world, "bind", transport.bind(name, sender)).await;
        let bound = bound.unwrap_or_else(|error| panic!("{name} could not be bound: {error}"));
        Self {
            transport,
            bound,
            arrivals,
        }
    }

    /// The next link that somebody dialled.
    pub(super) async fn arrival(&mut self, world: &dyn World) -> Arc<dyn Link> {
        let arrival = soon(world, "an arrival", self.arrivals.recv()).await;
        arrival.unwrap_or_else(|| panic!("the transport dropped its channel of arrivals"))
    }
}

/// Two linked peers, `Shop.0` (the dialler) and `Stock.0`. The transports live as long as this.
pub(super) struct Pair {
    pub(super) dialler: Station,
    pub(super) acceptor: Station,
    pub(super) dialled: Arc<dyn Link>,
    pub(super) accepted: Arc<dyn Link>,
}

impl Pair {
    pub(super) async fn link(world: &dyn World) -> Self {
        let (shop, stock) = (peer("Shop.0"), peer("Stock.0"));
        let dialler = Station::bind(world, Identity::Peer(shop.clone()), &shop).await;
        let mut acceptor = Station::bind(world, Identity::Peer(stock.clone()), &stock).await;
        let dialled = dial(world, &dialler, &acceptor, &stock).await;
        let accepted = acceptor.arrival(world).await;
        Self {
            dialler,
            acceptor,
            dialled,
            accepted,
        }
    }

    pub(super) async fn close(self, world: &dyn World) {
        soon(world, "close", self.dialler.transport.close()).await;
        soon(world, "close", self.acceptor.transport.close()).await;
    }
}

/// Dials `to`, who must be `name`.
pub(super) async fn dial(
    world: &dyn World,
    from: &Station,
    to: &Station,
    name: &PeerId,
) -> Arc<dyn Link> {
    let expected = Expected::Peer(name.clone());
    let link = soon(
        world,
        "dial",
        from.transport.dial(&to.bound.address, &expected),
    )
    .await;
    link.unwrap_or_else(|error| panic!("dialling {name} failed: {error}"))
}

/// Waits for `future`, no longer than the world's patience.
pub(super) async fn soon<T>(world: &dyn World, what: &str, future: impl Future<Output = T>) -> T {
    match timeout(world.patience(), future).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: nothing within {:?}", world.patience()),
    }
}

pub(super) fn peer(name: &str) -> PeerId {
    PeerId::new(name).unwrap_or_else(|error| panic!("{error}"))
}
