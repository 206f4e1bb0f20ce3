//! A running directory server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use quibus::bus::{IncompleteStop, RunError, Signals, StartError, StopReport};
use quibus::directory::PeerDescriptor;
use quibus::id::ClusterId;
use quibus::{Bus, Incarnation, PeerId, Revision};

use super::{DirectoryConfig, Server, handlers, next_start_number, reachable, watchman};
use crate::door::Door;

/// A running directory server in this process. Dropping it closes it at once; peers that know each
/// other go on without it (promise 29).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use quibus::testing::MemoryNetwork;
/// use quibus::{Bus, Identity};
/// use quibus_directory::{DirectoryConfig, embed};
///
/// let net = MemoryNetwork::seeded(7);
/// let wire = net.transport(Identity::Directory("Directory.0".parse()?));
/// let directory = embed(DirectoryConfig::new("Directory.0", wire)).await?;
///
/// let shop = Bus::builder("Shop.0")
///     .shared_transport(net.transport_for("Shop.0"))
///     .directory(directory.address())
///     .start()
///     .await?;
/// assert_eq!(directory.peers().len(), 2);
/// # drop(shop);
/// # Ok(())
/// # }
/// ```
pub struct Directory {
    bus: Bus,
    server: Arc<Server>,
    address: String,
}

/// Starts a directory server in this process, with its state in memory: it begins empty, and peers
/// that another run of it knew register again by themselves.
///
/// # Errors
/// If the transport can't be bound, or its certificate is none of a directory.
pub async fn embed(config: DirectoryConfig) -> Result<Directory, StartError> {
    // A name of its own, so that nobody takes its revisions for those of a former state.
    let cluster = ClusterId(fastrand::u128(1..));
    let incarnation = config.incarnation.unwrap_or_else(next_start_number);
    let door = Door::new(cluster, config.quotas);
    let server = Arc::new(Server::new(door, incarnation, &config));
    let builder = Bus::builder(&config.peer)
        .as_directory(incarnation)
        .shared_transport(config.transport)
        .timings(config.timings)
        .memory_budget(config.memory_budget)
        .state(server.clone());
    let bus = handlers::add(builder).start().await?;
    let own = config.advertised.clone();
    server.open(&bus, own.unwrap_or_else(|| reachable::own(bus.address())));
    server.spawn(watchman::watch(server.clone(), bus.authority()));
    let address = config.advertised;
    let address = address.unwrap_or_else(|| bus.address().to_owned());
    tracing::info!(peer = %bus.peer(), address, cluster = %cluster, "the directory is there");
    Ok(Directory {
        bus,
        server,
        address,
    })
}

impl Directory {
    /// What peers name with `.directory(…)`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Who it is.
    pub fn peer(&self) -> &PeerId {
        self.bus.peer()
    }

    /// The number of its run.
    pub fn incarnation(&self) -> Incarnation {
        self.bus.incarnation()
    }

    /// All peers that it knows, itself included, in the order of their names.
    pub fn peers(&self) -> Vec<Arc<PeerDescriptor>> {
        let known = self.bus.peers().into_iter();
        known.map(|known| known.descriptor).collect()
    }

    /// The last change.
    pub fn revision(&self) -> Revision {
        *self.server.latest().borrow()
    }

    /// Removes a peer, whatever its state. If it lives, it registers again by itself and keeps its
    /// incarnation.
    pub fn decommission(&self, peer: &PeerId) {
        self.server.decommission(&self.bus.authority(), peer);
    }

    /// Runs until SIGINT or SIGTERM, then stops within 20 s.
    ///
    /// # Errors
    /// If the stop left something behind.
    pub async fn run(self) -> Result<(), RunError> {
        self.bus.clone().run().await
    }

    /// As [`run`](Self::run), for a program that had to listen before: because it says that it can
    /// be stopped now.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_until(self, signals: Signals) -> Result<(), RunError> {
        self.bus.clone().run_until(signals).await
    }

    /// Says goodbye and closes within `deadline`.
    ///
    /// # Errors
    /// If something was left behind; it is closed all the same.
    pub async fn stop(&self, deadline: Duration) -> Result<StopReport, IncompleteStop> {
        self.server.end();
        self.bus.stop(deadline).await
    }
}

/// The tasks hold the bus, so they have to end for it to be dropped.
impl Drop for Directory {
    fn drop(&mut self) {
        self.server.end();
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory")
            .field("peer", self.bus.peer())
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
