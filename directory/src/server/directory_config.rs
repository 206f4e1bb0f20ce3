//! The settings of a directory server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use quibus::Incarnation;
use quibus::bus::{MemoryBudget, Timings};
use quibus::transport::Transport;

use crate::data_folder::DataFolder;
use crate::failure_times::FailureTimes;
use crate::quotas::Quotas;

/// The settings of a directory server; [`embed`](super::embed) starts one.
#[derive(Clone)]
#[non_exhaustive]
pub struct DirectoryConfig {
    /// The server's name, for instance `Directory.0`; its certificate has to say
    /// `/directory/Directory.0`.
    pub peer: String,
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// Where peers can dial the server. `None`: where its transport is bound, or, if that is every
    /// address of the machine, wherever a peer has reached it.
    pub advertised: Option<String>,
    /// The number of this run, from the server's [`DataFolder`](crate::DataFolder). `None`: the
    /// time, in milliseconds.
    pub incarnation: Option<Incarnation>,
    /// Where the server keeps that its next run has to give greater numbers. `None`: nowhere; if
    /// the clock has gone back by then, a peer that starts anew gets a number below that of its
    /// former run, and who knows that one closes its links until the clock has caught up.
    pub data: Option<Arc<DataFolder>>,
    /// How long silence has to last to mean something.
    pub times: FailureTimes,
    /// How much it holds.
    pub quotas: Quotas,
    /// The longest wait until everybody has applied a change (promise 26): 2 s.
    pub barrier: Duration,
    /// How long the older of two processes of one name has to answer (promise 31): 1 s.
    pub probe: Duration,
    /// How long things may take between the server and a peer.
    pub timings: Timings,
    /// What all lanes and links of the server may hold: 512 MiB, at least 16 MiB.
    pub memory_budget: MemoryBudget,
}

impl DirectoryConfig {
    /// A server of this name on this network, with the protocol's times.
    pub fn new(peer: impl Into<String>, transport: Arc<dyn Transport>) -> Self {
        Self {
            peer: peer.into(),
            transport,
            advertised: None,
            incarnation: None,
            data: None,
            times: FailureTimes::default(),
            quotas: Quotas::default(),
            barrier: Duration::from_secs(2),
            probe: Duration::from_secs(1),
            timings: Timings::default(),
            memory_budget: MemoryBudget::default(),
        }
    }
}

impl fmt::Debug for DirectoryConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectoryConfig")
            .field("peer", &self.peer)
            .field("advertised", &self.advertised)
            .finish_non_exhaustive()
    }
}
