//! Over the network in memory.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use quibus::Identity;
use quibus::testing::MemoryNetwork;
use quibus::transport::{BoxFuture, Transport};

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

    fn transport_as(
        &self,
        _peer: &str,
        identity: &Identity,
    ) -> Result<Arc<dyn Transport>, Box<dyn Error + Send + Sync>> {
        Ok(self.network.transport(identity.clone()))
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

    fn cut(&self, one: &str, other: &str) -> usize {
        self.network.cut(one, other)
    }

    /// A link in memory has no address that it could change.
    fn change_addresses(&self) -> BoxFuture<'_, usize> {
        Box::pin(std::future::ready(0))
    }

    fn has_packets(&self) -> bool {
        false
    }

    fn calm(&self) {
        self.network.heal_all();
        self.network.delay(Duration::ZERO..=Duration::ZERO);
    }

    fn injected(&self) -> String {
        let faults = self.network.faults();
        format!(
            "{} links cut, {} killed, {} ends timed out, {} bytes lost, {} held back, {} pieces \
             delayed, {} chunks split",
            faults.links_cut,
            faults.links_killed,
            faults.ends_timed_out,
            faults.bytes_lost,
            faults.bytes_held,
            faults.pieces_delayed,
            faults.chunks_split,
        )
    }

    fn silence(&self, peer: &str) {
        self.network.kill(peer);
    }
}
