//! Datagrams that go out in one system call.

use std::sync::Arc;

use quinn_udp::EcnCodepoint;

use super::client::Client;

/// The kernel takes no more bytes at once.
const MOST_BYTES: usize = 65_000;

/// A packet on its way.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ecn: Option<EcnCodepoint>,
    /// Whose it is, whichever way it goes.
    pub(crate) client: Arc<Client>,
    /// Counted in its direction as it came in.
    pub(crate) number: u64,
}

/// Datagrams of one client, of one size but for the last, which may be smaller.
#[derive(Debug, Default)]
pub(crate) struct Burst {
    /// Of all datagrams.
    pub(crate) bytes: Vec<u8>,
    /// Size of each datagram, and whether it was overtaken.
    pub(crate) datagrams: Vec<(usize, bool)>,
    /// What they are marked with.
    pub(crate) ecn: Option<EcnCodepoint>,
    client: Option<Arc<Client>>,
}

impl Burst {
    /// Whether a packet may go out with those that are in already.
    pub(crate) fn takes(&self, packet: &Packet, most: usize) -> bool {
        let (Some(client), Some((last, _))) = (&self.client, self.datagrams.last()) else {
            return true;
        };
        let (segment, len) = (self.segment(), packet.bytes.len());
        Arc::ptr_eq(client, &packet.client)
            && self.ecn == packet.ecn
            && *last == segment
            // One without bytes would vanish in the row.
            && (1..=segment).contains(&len)
            && self.datagrams.len() < most
            && self.bytes.len() + len <= MOST_BYTES
    }

    /// Adds a packet that it [takes](Self::takes).
    pub(crate) fn add(&mut self, packet: &Packet, overtaken: bool) {
        self.bytes.extend_from_slice(&packet.bytes);
        self.datagrams.push((packet.bytes.len(), overtaken));
        if self.client.is_none() {
            self.client = Some(packet.client.clone());
            self.ecn = packet.ecn;
        }
    }

    /// Whose packets these are; `None`: there are none.
    pub(crate) fn client(&self) -> Option<&Arc<Client>> {
        self.client.as_ref()
    }

    /// Size of all datagrams but the last.
    pub(crate) fn segment(&self) -> usize {
        self.datagrams.first().map_or(0, |(len, _)| *len)
    }

    /// Empties it.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.datagrams.clear();
        self.client = None;
    }
}
