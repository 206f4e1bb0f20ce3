//! What the directory knows about one peer.

use prost::Message;

use super::peer_state::PeerState;
use super::subscriptions::Subscriptions;
use super::unreadable::Unreadable;
use crate::id::{ClusterId, Identity, Incarnation, Name, PeerId, Revision};

/// What the directory knows about one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerDescriptor {
    /// Its name.
    pub peer: PeerId,
    /// Its present run.
    pub incarnation: Incarnation,
    /// The random number this run chose for itself before it had an incarnation.
    pub start_id: u128,
    /// Where it can be dialled.
    pub address: String,
    /// What its certificate proved when it registered.
    pub identity: Identity,
    /// What the directory thinks of it.
    pub state: PeerState,
    /// What it wants.
    pub subscriptions: Subscriptions,
    /// Whether messages are kept for it while it is away.
    pub durable: bool,
    /// Its last change.
    pub revision: Revision,
}

impl PeerDescriptor {
    /// Longest address, in bytes.
    pub const MAX_ADDRESS: usize = 256;

    /// The wire form: a protobuf message, so that fields can be added.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, name) = identity_parts(&self.identity);
        PeerRecord {
            peer: self.peer.as_str().into(),
            incarnation: self.incarnation.0,
            start_id_high: (self.start_id >> 64) as u64,
            start_id_low: self.start_id as u64,
            address: self.address.clone(),
            identity_kind: kind,
            identity_name: name.into(),
            state: self.state.code(),
            subscriptions: self.subscriptions.encode(),
            durable: self.durable,
            index: self.revision.index,
            sub: self.revision.sub,
        }
        .encode_to_vec()
    }

    /// Reads the wire form of a descriptor that belongs to `cluster`.
    pub fn decode(cluster: ClusterId, bytes: &[u8]) -> Result<Self, Unreadable> {
        const WHAT: &str = "a peer's descriptor";
        let record = PeerRecord::decode(bytes).map_err(Unreadable::blame(WHAT))?;
        let peer = PeerId::new(&record.peer).map_err(Unreadable::blame(WHAT))?;
        let incarnation = Incarnation(record.incarnation);
        if !incarnation.is_registered() {
            return Err(Unreadable::new(WHAT, format!("{peer} has no incarnation")));
        }
        check_address(&record.address)?;
        Ok(Self {
            incarnation,
            start_id: join(record.start_id_high, record.start_id_low),
            identity: identity_of(record.identity_kind, &record.identity_name)?,
            state: PeerState::from_code(record.state)?,
            subscriptions: Subscriptions::decode(&record.subscriptions)?,
            durable: record.durable,
            revision: Revision {
                cluster,
                index: record.index,
                sub: record.sub,
            },
            address: record.address,
            peer,
        })
    }

    /// Whether the two differ in nothing but the revision of their last change.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.peer == other.peer
            && self.incarnation == other.incarnation
            && self.state == other.state
            && self.says_the_same_but_state(other)
    }

    /// Whether the two runs are described alike, their state apart.
    pub(super) fn says_the_same_but_state(&self, other: &Self) -> bool {
        self.start_id == other.start_id
            && self.address == other.address
            && self.identity == other.identity
            && self.durable == other.durable
            && self.subscriptions == other.subscriptions
    }
}

/// Refuses an address that is too long or has something in it that no address has. Whether it can
/// be dialled is the transport's to say; whether it is the peer's own, its certificate's.
pub(super) fn check_address(address: &str) -> Result<(), Unreadable> {
    if address.len() > PeerDescriptor::MAX_ADDRESS {
        let reason = format!("{} bytes, at most 256 are allowed", address.len());
        return Err(Unreadable::new("a peer's address", reason));
    }
    if address.chars().any(|c| c.is_control() || c.is_whitespace()) {
        let reason = format!("\"{}\" is not an address", address.escape_debug());
        return Err(Unreadable::new("a peer's address", reason));
    }
    Ok(())
}

/// Puts the halves of a 128-bit number together.
pub(super) fn join(high: u64, low: u64) -> u128 {
    (u128::from(high) << 64) | u128::from(low)
}

/// All fields flat: an element costs no more in memory than a few times its wire form.
#[derive(Clone, PartialEq, prost::Message)]
struct PeerRecord {
    #[prost(string, tag = "1")]
    peer: String,
    #[prost(uint64, tag = "2")]
    incarnation: u64,
    #[prost(fixed64, tag = "3")]
    start_id_high: u64,
    #[prost(fixed64, tag = "4")]
    start_id_low: u64,
    #[prost(string, tag = "5")]
    address: String,
    #[prost(uint32, tag = "6")]
    identity_kind: u32,
    #[prost(string, tag = "7")]
    identity_name: String,
    #[prost(uint32, tag = "8")]
    state: u32,
    #[prost(bytes = "bytes", tag = "9")]
    subscriptions: bytes::Bytes,
    #[prost(bool, tag = "10")]
    durable: bool,
    #[prost(uint64, tag = "11")]
    index: u64,
    #[prost(uint32, tag = "12")]
    sub: u32,
}

fn identity_parts(identity: &Identity) -> (u32, &str) {
    match identity {
        Identity::Peer(peer) => (1, peer.as_str()),
        Identity::Service(name) => (2, name.as_str()),
        Identity::Directory(peer) => (3, peer.as_str()),
        Identity::Operator(name) => (4, name.as_str()),
        Identity::Admin(name) => (5, name.as_str()),
    }
}

fn identity_of(kind: u32, name: &str) -> Result<Identity, Unreadable> {
    const WHAT: &str = "a peer's identity";
    let peer = || PeerId::new(name).map_err(Unreadable::blame(WHAT));
    let plain = || Name::new(name).map_err(Unreadable::blame(WHAT));
    Ok(match kind {
        1 => Identity::Peer(peer()?),
        2 => Identity::Service(plain()?),
        3 => Identity::Directory(peer()?),
        4 => Identity::Operator(plain()?),
        5 => Identity::Admin(plain()?),
        other => return Err(Unreadable::new(WHAT, format!("unknown kind {other}"))),
    })
}
