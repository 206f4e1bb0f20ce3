//! Takes packets in and lets them out when they are due: the shell around one direction of
//! one client, or of all.

use std::future;
use std::sync::Arc;

use tokio::time::sleep_until;

use super::burst::{Burst, Packet};
use super::client::Client;
use super::direction::Direction;
use super::flight::Flight;
use super::path::Path;
use super::port::{Port, Reception};
use super::sky::Passage;

/// Buffers kept for the next packets; with [`SPARE_SIZE`], 2 MiB.
const SPARES: usize = 1_024;
/// The largest buffer kept: no datagram of QUIC is longer, outside loopback.
const SPARE_SIZE: usize = 2_048;

/// Packets of one direction on their way. Belongs to one task.
pub(crate) struct Carrier {
    path: Arc<Path>,
    direction: Direction,
    /// Where clients send to, and hear from.
    front: Arc<Port>,
    flight: Flight<Packet>,
    burst: Burst,
    spares: Vec<Vec<u8>>,
}

impl Carrier {
    /// Nothing is on its way.
    pub(crate) fn new(path: Arc<Path>, direction: Direction, front: Arc<Port>) -> Self {
        Self {
            path,
            direction,
            front,
            flight: Flight::new(),
            burst: Burst::default(),
            spares: Vec::new(),
        }
    }

    /// Decides upon what a client has sent, or was sent.
    pub(crate) fn take_in(&mut self, reception: &Reception<'_>, client: &Arc<Client>) {
        let now = self.path.now();
        client.heard(now);
        let mut way = self.path.way(self.direction);
        for datagram in reception.datagrams() {
            let (number, passages) = way.enter(datagram.len(), now);
            for passage in passages.into_iter().flatten() {
                let packet = Packet {
                    bytes: arriving(datagram, passage, self.spares.pop().unwrap_or_default()),
                    ecn: reception.ecn,
                    client: client.clone(),
                    number,
                };
                self.flight.enter(passage.at, packet);
            }
        }
    }

    /// Sends everything that is due.
    pub(crate) async fn let_out(&mut self) {
        let now = self.path.now();
        loop {
            let most = self.front.most_segments();
            let burst = &mut self.burst;
            while let Some(packet) = self.flight.arrived(now, |next| burst.takes(next, most)) {
                let overtaken = packet.client.is_overtaken(self.direction, packet.number);
                burst.add(&packet, overtaken);
                if self.spares.len() < SPARES && packet.bytes.capacity() <= SPARE_SIZE {
                    self.spares.push(packet.bytes);
                }
            }
            let Some(client) = self.burst.client().cloned() else {
                return;
            };
            let refused = self.send(&client).await.is_err();
            self.count(refused);
        }
    }

    /// Waits until something is due.
    ///
    /// tokio's clock goes by the millisecond: a packet goes out up to one later than it should,
    /// never earlier, and together with all others that have become due by then.
    pub(crate) async fn due(&self) {
        let at = self.flight.next_at();
        match at.and_then(|at| self.path.instant(at)) {
            Some(at) => sleep_until(at).await,
            None => future::pending().await,
        }
    }

    async fn send(&self, client: &Client) -> std::io::Result<()> {
        let Burst { bytes, ecn, .. } = &self.burst;
        let segment = self.burst.segment();
        match self.direction {
            Direction::ToTarget => {
                let target = self.path.target();
                client.port().send(target, bytes, segment, *ecn).await
            }
            Direction::FromTarget => self.front.send(client.address, bytes, segment, *ecn).await,
        }
    }

    /// The burst is gone.
    fn count(&mut self, refused: bool) {
        let mut way = self.path.way(self.direction);
        for (len, overtaken) in &self.burst.datagrams {
            way.gone(*len, *overtaken, refused);
        }
        self.burst.clear();
    }
}

impl Drop for Carrier {
    /// What was on its way for a client that is forgotten is on no way any more.
    fn drop(&mut self) {
        self.count(true);
        let mut way = self.path.way(self.direction);
        for packet in self.flight.drain() {
            way.gone(packet.bytes.len(), false, true);
        }
        drop(way);
        self.path.counted.notify_waiters();
    }
}

fn arriving(datagram: &[u8], passage: Passage, mut buffer: Vec<u8>) -> Vec<u8> {
    buffer.clear();
    buffer.extend_from_slice(datagram);
    if let Some(corruption) = passage.corruption
        && let Some(byte) = buffer.get_mut(corruption.offset)
    {
        *byte ^= corruption.flips.get();
    }
    buffer
}
