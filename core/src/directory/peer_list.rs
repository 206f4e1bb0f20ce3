//! Names of peers, as a message carries many of them.

use std::collections::BTreeSet;

use bytes::{Bytes, BytesMut};

use super::unreadable::Unreadable;
use crate::id::{Name, PeerId};
use crate::wire::{Reader, put_str, put_varint};

/// Names of peers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerList {
    peers: BTreeSet<PeerId>,
}

impl PeerList {
    /// Most names in one list: with the longest of them it still fits a frame of 1 MiB.
    pub const MAX: usize = 8_000;

    /// Whether the peer is named.
    pub fn contains(&self, peer: &PeerId) -> bool {
        self.peers.contains(peer)
    }

    /// The names in their order.
    pub fn iter(&self) -> impl Iterator<Item = &PeerId> {
        self.peers.iter()
    }

    /// Whether nobody is named.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// The wire form; nothing for nobody.
    pub fn encode(&self) -> Bytes {
        if self.peers.is_empty() {
            return Bytes::new();
        }
        let mut out = BytesMut::new();
        put_varint(&mut out, self.peers.len() as u64);
        for peer in &self.peers {
            put_str(&mut out, peer.as_str());
        }
        out.freeze()
    }

    /// Reads the wire form. Names have to ascend, so that equal lists have equal bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        const WHAT: &str = "a list of peers";
        let blame = Unreadable::blame(WHAT);
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let mut reader = Reader::new(bytes);
        let count = reader
            .varint_to("number of peers", Self::MAX as u64)
            .map_err(&blame)?;
        if count == 0 {
            return Err(Unreadable::new(WHAT, "nobody is named by no bytes"));
        }
        let mut peers = BTreeSet::new();
        for _ in 0..count {
            let name = reader.text("peer id", Name::MAX_LEN).map_err(&blame)?;
            let peer = PeerId::new(name).map_err(Unreadable::blame(WHAT))?;
            if peers.last().is_some_and(|last| *last >= peer) {
                return Err(Unreadable::new(WHAT, format!("{peer} is not in order")));
            }
            peers.insert(peer);
        }
        reader.finish().map_err(&blame)?;
        Ok(Self { peers })
    }
}

/// What is more than [`MAX`](PeerList::MAX) is left out.
impl FromIterator<PeerId> for PeerList {
    fn from_iter<T: IntoIterator<Item = PeerId>>(peers: T) -> Self {
        Self {
            peers: peers.into_iter().take(Self::MAX).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &[&str]) -> PeerList {
        names
            .iter()
            .map(|name| PeerId::new(name).unwrap())
            .collect()
    }

    #[test]
    fn a_list_survives_the_wire_and_nobody_takes_no_bytes() {
        for names in [&[][..], &["A.0"], &["B.1", "A.0", "A.10"]] {
            let list = list(names);
            assert_eq!(PeerList::decode(&list.encode()).as_ref(), Ok(&list));
            assert_eq!(list.encode().is_empty(), names.is_empty());
        }
    }

    #[test]
    fn the_longest_list_fits_a_frame() {
        let longest = |at| PeerId::new(&format!("{:x>1$}.{at:04}", "", Name::MAX_LEN - 5));
        let list: PeerList = (0..PeerList::MAX + 5)
            .map(|at| longest(at).unwrap())
            .collect();
        assert_eq!(list.iter().count(), PeerList::MAX);
        let encoded = list.encode();
        assert!(encoded.len() < 1 << 20, "{}", encoded.len());
        assert_eq!(PeerList::decode(&encoded), Ok(list));
    }

    #[test]
    fn a_list_out_of_order_or_with_a_double_or_with_what_is_no_peer_is_refused() {
        let written = |names: &[&str]| {
            let mut out = BytesMut::new();
            put_varint(&mut out, names.len() as u64);
            names.iter().for_each(|name| put_str(&mut out, name));
            out.freeze()
        };
        let fine = written(&["A.0", "B.0"]);
        assert!(PeerList::decode(&fine).is_ok());
        for bad in [
            &["B.0", "A.0"][..],
            &["A.0", "A.0"],
            &["Shop"],
            &["a b.0"],
            &[],
        ] {
            assert!(PeerList::decode(&written(bad)).is_err(), "{bad:?}");
        }
        let longer = [&fine[..], &[0]].concat();
        for bad in [&longer[..], &fine[..fine.len() - 1]] {
            assert!(PeerList::decode(bad).is_err(), "{bad:?}");
        }
    }
}
