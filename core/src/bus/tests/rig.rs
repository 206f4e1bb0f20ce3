//! Two or more buses that know each other.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::bus::{Builder, Bus};
use crate::directory::{PeerDescriptor, PeerState, Snapshot, Subscriptions};
use crate::id::{ClusterId, Identity, Incarnation, PeerId, Revision};
use crate::prelude::*;
use crate::testing::MemoryNetwork;

/// Asks for twice a number; text "bad" is refused, "panic" panics.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Test", reply = Doubled, error = DoubleError)]
pub(super) struct Double {
    #[prost(uint64, tag = "1")]
    pub(super) number: u64,
    #[prost(string, tag = "2")]
    pub(super) text: String,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub(super) struct Doubled {
    #[prost(uint64, tag = "1")]
    pub(super) number: u64,
}

#[derive(Debug, PartialEq, thiserror::Error, quibus::HandlerError)]
pub(super) enum DoubleError {
    #[error("{0} is bad")]
    #[quibus(code = 400)]
    Bad(String),
}

/// Something numbered happened somewhere.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Test")]
pub(super) struct Happened {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    pub(super) place: String,
    #[prost(uint64, tag = "2")]
    pub(super) number: u64,
}

pub(super) async fn double(command: Double) -> crate::Result<Doubled, DoubleError> {
    assert_ne!(command.text, "panic", "as asked");
    if command.text == "bad" {
        return Err(DoubleError::Bad(command.text).into());
    }
    if command.text == "odd" {
        return Err(std::io::Error::other("an odd failure").into());
    }
    Ok(Doubled {
        number: command.number * 2,
    })
}

/// The same, each once the gate has let it through.
pub(super) async fn double_late(
    command: Double,
    State(gate): State<Arc<Semaphore>>,
) -> crate::Result<Doubled, DoubleError> {
    gate.acquire().await?.forget();
    double(command).await
}

pub(super) fn number(number: u64) -> Double {
    Double {
        number,
        text: String::new(),
    }
}

/// Starts each of these on the network, as a process of incarnation 1, and tells all of all.
pub(super) async fn start(
    net: &MemoryNetwork,
    builders: impl IntoIterator<Item = (&'static str, Builder)>,
) -> Vec<Bus> {
    let mut buses = Vec::new();
    let mut peers = Vec::new();
    for (name, builder) in builders {
        let transport = net.transport_at(format!("memory:{name}"), identity(name));
        let started = builder
            .shared_transport(transport)
            .as_directory(Incarnation(1))
            .start();
        let bus = started.await.unwrap();
        peers.push(descriptor(name, Incarnation(1), bus.inner().book().all()));
        buses.push(bus);
    }
    for bus in &buses {
        tell(bus, 1, &peers);
        bus.authority().open();
    }
    buses
}

/// Tells a bus who is there.
pub(super) fn tell(bus: &Bus, index: u64, peers: &[Arc<PeerDescriptor>]) {
    let revision = Revision {
        cluster: ClusterId(1),
        index,
        sub: 0,
    };
    bus.authority().apply_snapshot(Snapshot {
        revision,
        peers: peers.to_vec(),
    });
}

pub(super) fn descriptor(
    name: &str,
    incarnation: Incarnation,
    subscriptions: Subscriptions,
) -> Arc<PeerDescriptor> {
    Arc::new(PeerDescriptor {
        peer: PeerId::new(name).unwrap(),
        incarnation,
        start_id: 1,
        address: format!("memory:{name}"),
        identity: identity(name),
        state: PeerState::Up,
        subscriptions,
        durable: false,
        revision: Revision::default(),
    })
}

pub(super) fn identity(name: &str) -> Identity {
    Identity::Directory(PeerId::new(name).unwrap())
}
