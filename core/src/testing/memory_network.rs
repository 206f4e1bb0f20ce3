//! The network as a test sees it: transports and faults.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::faults::Faults;
use super::memory_transport::MemoryTransport;
use super::switchboard::Switchboard;
use crate::id::{Identity, PeerId};

/// The environment of transports that name none.
const ENVIRONMENT: &str = "memory";

/// A network in one process: links of bounded byte pipes, and faults at will. A clone is the same
/// network.
///
/// Every lane carries at most 256 KiB at a time and delivers them in pieces of random sizes, so
/// that frames arrive in parts. Faults name peers by what they [bound](crate::transport::Transport::bind)
/// as, hold for every process of that name, and may be set before anybody of that name is there.
/// An unknown name is no error; [`faults`](Self::faults) tells what really happened.
///
/// All randomness comes from the seed. In virtual time on a current_thread runtime the same calls
/// give the same bytes at the same instants; on more threads the system's scheduling has its say
/// in who comes first.
#[derive(Debug, Clone)]
pub struct MemoryNetwork {
    switchboard: Arc<Switchboard>,
    seed: u64,
}

/// Transports.
impl MemoryNetwork {
    /// A network without faults yet. Print the seed when a test fails.
    pub fn seeded(seed: u64) -> Self {
        Self {
            switchboard: Arc::new(Switchboard::new(seed)),
            seed,
        }
    }

    /// What it was seeded with.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A process whose certificate proves `identity`, in environment "memory", at an address that
    /// the network chooses: `memory:1`, `memory:2`, …
    pub fn transport(&self, identity: Identity) -> Arc<MemoryTransport> {
        self.transport_with(None, identity, ENVIRONMENT)
    }

    /// A process whose certificate proves exactly this peer.
    ///
    /// # Panics
    ///
    /// When `peer` is not a legal [`PeerId`], which in a test is a slip of the pen.
    pub fn transport_for(&self, peer: &str) -> Arc<MemoryTransport> {
        match PeerId::new(peer) {
            Ok(peer) => self.transport(Identity::Peer(peer)),
            Err(error) => panic!("no transport for it: {error}"),
        }
    }

    /// A process at a known address, which begins with `memory:`, for instance
    /// `memory:directory`. Binding it where somebody is already is a
    /// [`BindError`](crate::transport::BindError).
    pub fn transport_at(
        &self,
        address: impl Into<String>,
        identity: Identity,
    ) -> Arc<MemoryTransport> {
        self.transport_with(Some(address.into()), identity, ENVIRONMENT)
    }

    /// A process of another environment; links come about only within one.
    pub fn transport_in(&self, environment: &str, identity: Identity) -> Arc<MemoryTransport> {
        self.transport_with(None, identity, environment)
    }

    /// How long a dial waits for an answer: 5 s, unless set.
    pub fn set_handshake_timeout(&self, timeout: Duration) {
        self.switchboard.set_handshake_timeout(timeout);
    }

    fn transport_with(
        &self,
        address: Option<String>,
        identity: Identity,
        environment: &str,
    ) -> Arc<MemoryTransport> {
        let environment = environment.to_owned();
        MemoryTransport::new(self.switchboard.clone(), address, identity, environment)
    }
}

/// Faults.
impl MemoryNetwork {
    /// What really happened so far.
    pub fn faults(&self) -> Faults {
        self.switchboard.counters.read()
    }

    /// Breaks the links between two peers, and both sides notice at once. Of what was on its way
    /// a random prefix of each lane can still be read. New dials succeed at once. Returns the
    /// number of links.
    pub fn cut(&self, one: &str, other: &str) -> usize {
        self.switchboard.cut(one, other)
    }

    /// From now on what `from` sends to `to` vanishes, the other way is open; nobody is told.
    /// Dials between the two get no answer.
    ///
    /// A link that meets it ends for `to` after 10 s without a word, and for `from` 10 s later. If
    /// it is [healed](Self::heal) earlier, it goes on where it was: what had vanished is sent
    /// again, as QUIC does, and nothing is missing.
    pub fn black_hole(&self, from: &str, to: &str) {
        self.switchboard.set_hole(from, to, true);
    }

    /// Nothing passes between any peer of the one group and any of the other, in both directions.
    pub fn partition(&self, group: &[&str], others: &[&str]) {
        for one in group {
            for other in others {
                self.black_hole(one, other);
                self.black_hole(other, one);
            }
        }
    }

    /// Lets pass again what goes between two peers, in both directions. A side whose other side
    /// has given up meanwhile learns that now.
    pub fn heal(&self, one: &str, other: &str) {
        self.switchboard.set_hole(one, other, false);
        self.switchboard.set_hole(other, one, false);
    }

    /// [Heals](Self::heal) all that is partitioned or black-holed, and accepts dials everywhere.
    pub fn heal_all(&self) {
        self.switchboard.close_holes();
        self.switchboard.accept_all();
    }

    /// How long bytes, dials and closes travel, each way; drawn anew for each piece from the
    /// range, whose width is the jitter. Order within a lane stays. Nothing, unless set; applies
    /// to what is sent from now on.
    pub fn delay(&self, range: RangeInclusive<Duration>) {
        self.switchboard.set_delay(range.into());
    }

    /// As [`delay`](Self::delay), only for what `from` sends to `to`, and before it.
    pub fn delay_between(&self, from: &str, to: &str, range: RangeInclusive<Duration>) {
        self.switchboard.set_delay_of(from, to, range.into());
    }

    /// From now on `peer` refuses dials at once; links that exist stay.
    pub fn refuse_dials_to(&self, peer: &str) {
        self.switchboard.refuse(peer, true);
    }

    /// Ends [`refuse_dials_to`](Self::refuse_dials_to).
    pub fn accept_dials_to(&self, peer: &str) {
        self.switchboard.refuse(peer, false);
    }

    /// What the death of a process leaves: every link of `peer` breaks for both sides, its
    /// transport is unbound without a word and its address is free. Returns the number of links.
    ///
    /// Tasks of the dead process run on in this one; what they dial is answered by
    /// [`DialError::Closed`](crate::transport::DialError::Closed).
    pub fn kill(&self, peer: &str) -> usize {
        self.switchboard.kill(peer)
    }
}
