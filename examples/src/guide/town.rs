//! A network in memory with a directory: where a service's own tests can run.

use quibus::testing::MemoryNetwork;
use quibus::{Builder, Bus, Identity};
use quibus_directory::{Directory, DirectoryConfig, embed};

/// A network with a directory. No socket, no certificate, no file.
pub struct Town {
    pub network: MemoryNetwork,
    pub directory: Directory,
}

impl Town {
    pub async fn open() -> Self {
        let network = MemoryNetwork::seeded(1);
        let identity = Identity::Directory("Directory.0".parse().unwrap());
        let wire = network.transport_at("memory:directory", identity);
        let directory = embed(DirectoryConfig::new("Directory.0", wire)).await;
        let directory = directory.expect("the directory starts");
        Self { network, directory }
    }

    /// The settings of a bus in this network; the rest is as in production.
    pub fn bus(&self, name: &str) -> Builder {
        Bus::builder(name)
            .shared_transport(self.network.transport_for(name))
            .directory(self.directory.address())
    }
}
