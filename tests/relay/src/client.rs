//! Who sends through a relay, and the socket from which the target sees it come.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::direction::Direction;
use super::port::Port;

/// A client of a relay.
#[derive(Debug)]
pub(crate) struct Client {
    /// Where it sends from.
    pub(crate) address: SocketAddr,
    /// Its socket towards the target; another one after a change of address.
    port: watch::Sender<Arc<Port>>,
    /// When it was last heard of, in nanoseconds since the relay started.
    last_heard: AtomicU64,
    /// The number of the newest packet that has gone out, per direction.
    newest: [AtomicU64; 2],
}

impl Client {
    /// Has not sent anything yet.
    pub(crate) fn new(address: SocketAddr, port: Port) -> Self {
        Self {
            address,
            port: watch::Sender::new(Arc::new(port)),
            last_heard: AtomicU64::new(0),
            newest: Default::default(),
        }
    }

    /// Its socket towards the target.
    pub(crate) fn port(&self) -> Arc<Port> {
        self.port.borrow().clone()
    }

    /// Tells of each new socket.
    pub(crate) fn ports(&self) -> watch::Receiver<Arc<Port>> {
        self.port.subscribe()
    }

    /// From now on the target sees it come from here.
    pub(crate) fn move_to(&self, port: Port) {
        self.port.send_replace(Arc::new(port));
    }

    /// It is alive.
    pub(crate) fn heard(&self, now: Duration) {
        let nanos = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        self.last_heard.store(nanos, Ordering::Relaxed);
    }

    /// When it was last alive, to compare with others.
    pub(crate) fn last_heard(&self) -> u64 {
        self.last_heard.load(Ordering::Relaxed)
    }

    /// Packet `number` goes out: whether it comes after a newer one.
    pub(crate) fn is_overtaken(&self, direction: Direction, number: u64) -> bool {
        // Only one task sends in a direction, so the order of memory is its own.
        let newest = &self.newest[direction.place()];
        newest.fetch_max(number, Ordering::Relaxed) > number
    }
}
