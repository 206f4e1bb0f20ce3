//! What a test needs of a network, whichever it is.

use std::error::Error;
use std::sync::Arc;

use quibus::transport::{BoxFuture, Transport};
use quibus::{Identity, PeerId};

/// A network between the processes of a test, and what can go wrong with it.
///
/// Peers are named as in their [`PeerId`](quibus::PeerId), and a name is every run of that peer.
pub trait World: Send + Sync + 'static {
    /// What it is called in what a claim prints.
    fn name(&self) -> &'static str;

    /// A transport for one run of `peer`, not bound yet, for a bus that is fed by hand, as only a
    /// directory is: see [`Stage`](super::Stage).
    ///
    /// # Errors
    /// If the machine does not give what it takes, a socket for instance.
    fn transport(&self, peer: &str) -> Result<Arc<dyn Transport>, Box<dyn Error + Send + Sync>> {
        self.transport_as(peer, &Identity::Directory(PeerId::new(peer)?))
    }

    /// A transport for one run of `peer`, not bound yet, whose certificate proves this.
    ///
    /// # Errors
    /// If the machine does not give what it takes, a socket for instance.
    fn transport_as(
        &self,
        peer: &str,
        identity: &Identity,
    ) -> Result<Arc<dyn Transport>, Box<dyn Error + Send + Sync>>;

    /// From now on what `from` sends to `to` vanishes, whoever dialled; nobody is told.
    fn black_hole(&self, from: &str, to: &str);

    /// What every peer sends arrives again.
    fn heal(&self);

    /// How much has vanished so far, in what this world counts in.
    fn swallowed(&self) -> u64;

    /// Breaks every link between the two, wherever each of its lanes is in a frame. Returns how many
    /// there were.
    fn cut(&self, one: &str, other: &str) -> usize;

    /// Lets every process appear at another address while its links go on. Returns how many did; 0
    /// where that can't be.
    fn change_addresses(&self) -> BoxFuture<'_, usize>;

    /// Whether what travels are packets, which have addresses.
    fn has_packets(&self) -> bool;

    /// Nothing goes wrong from now on, nor takes its time.
    fn calm(&self);

    /// What has been done to the traffic so far, in words: only what really happened.
    fn injected(&self) -> String;

    /// The process of `peer` dies without a word: nothing that its run still says is heard. Its
    /// next run is not concerned.
    fn silence(&self, peer: &str);
}
