//! Over the network in memory.

use std::error::Error;
use std::sync::Arc;

use quibus::testing::MemoryNetwork;
use quibus::transport::Transport;
use quibus::{Identity, PeerId};

use super::world::World;

/// A [`World`] over [`MemoryNetwork`]: real sessions over encoded bytes, no sockets.
#[derive(Debug, Clone)]
pub struct MemoryWorld {
    network: MemoryNetwork,
}

impl MemoryWorld {
    /// A network without faults yet.
    pub fn seeded(seed: u64) -> Self {
        Self {
            network: MemoryNetwork::seeded(seed),
        }
    }

    /// The network itself.
    pub fn network(&self) -> &MemoryNetwork {
        &self.network
    }
}

impl World for MemoryWorld {
    fn name(&self) -> &'static str {
        "the network in memory"
    }

    fn transport(&self, peer: &str) -> Result<Arc<dyn Transport>, Box<dyn Error + Send + Sync>> {
        // Fed by hand, as only a directory is: see `Stage`.
        let identity = Identity::Directory(PeerId::new(peer)?);
        Ok(self.network.transport(identity))
    }

    fn black_hole(&self, from: &str, to: &str) {
        self.network.black_hole(from, to);
    }

    fn heal(&self) {
        self.network.heal_all();
    }

    /// Bytes.
    fn swallowed(&self) -> u64 {
        self.network.faults().bytes_held
    }

    fn silence(&self, peer: &str) {
        self.network.kill(peer);
    }
}
