//! A network with a directory, and what tests wait for on it.

use std::time::Duration;

use quibus::directory::PeerState;
use quibus::testing::MemoryNetwork;
use quibus::{Builder, Bus, Identity, PeerId};
use quibus_directory::{Directory, DirectoryConfig, FailureTimes, embed};
use tokio::time::Instant;

/// Where the directory is.
pub(crate) const ADDRESS: &str = "memory:directory";
/// Nothing in these tests takes longer, in virtual time.
const AT_MOST: Duration = Duration::from_secs(60);

/// A network with a place for a directory.
pub(crate) struct Town {
    pub(crate) net: MemoryNetwork,
}

impl Town {
    pub(crate) fn new(seed: u64) -> Self {
        let net = MemoryNetwork::seeded(seed);
        // Whoever skips a barrier is found out by what travels more slowly.
        net.delay(Duration::from_millis(1)..=Duration::from_millis(20));
        Self { net }
    }

    /// Starts the directory with short times.
    pub(crate) async fn directory(&self) -> Directory {
        self.directory_with(|_| {}).await
    }

    /// As [`directory`](Self::directory), with settings of its own.
    pub(crate) async fn directory_with(&self, set: impl FnOnce(&mut DirectoryConfig)) -> Directory {
        let identity = Identity::Directory(peer("Directory.0"));
        let wire = self.net.transport_at(ADDRESS, identity);
        let mut config = DirectoryConfig::new("Directory.0", wire);
        config.times = FailureTimes {
            down_after: Duration::from_secs(5),
            removed_after: Duration::from_secs(20),
            ..FailureTimes::default()
        };
        set(&mut config);
        embed(config).await.expect("the directory starts")
    }

    /// The settings of a bus on this network.
    pub(crate) fn bus(&self, name: &str) -> Builder {
        Bus::builder(name)
            .shared_transport(self.net.transport_for(name))
            .directory(ADDRESS)
    }
}

pub(crate) fn peer(name: &str) -> PeerId {
    PeerId::new(name).expect("a legal name")
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + AT_MOST;
    while !so() {
        assert!(Instant::now() < end, "it never came about that {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What a bus thinks of another.
pub(crate) fn state(of: &str, seen_by: &Bus) -> Option<PeerState> {
    let peers = seen_by.peers();
    let known = peers.iter().find(|known| known.peer.as_str() == of);
    known.map(|known| known.state)
}
