//! One change of the directory.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;

use super::peer_descriptor::PeerDescriptor;
use super::peer_state::PeerState;
use super::subscriptions::SubscriptionUpdate;
use super::unreadable::Unreadable;
use crate::id::{ClusterId, Incarnation, PeerId, Revision};

/// One change of the directory. It names the revision it was made on, so that whoever misses the
/// change before it notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The revision this change makes.
    pub revision: Revision,
    /// The revision it was made on, of the same cluster.
    pub previous: Revision,
    /// What changed.
    pub kind: ChangeKind,
}

/// What a [`Change`] changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// A peer has come, has come again, or describes itself anew.
    Registered(Arc<PeerDescriptor>),
    /// A peer wants something else.
    SubscriptionsChanged {
        /// The peer.
        peer: PeerId,
        /// Its run.
        incarnation: Incarnation,
        /// The complete keys of each changed type.
        types: SubscriptionUpdate,
    },
    /// The directory thinks otherwise of a peer.
    StateChanged {
        /// The peer.
        peer: PeerId,
        /// Its run.
        incarnation: Incarnation,
        /// Its new state.
        state: PeerState,
    },
    /// A peer has left, was down for too long, or was decommissioned.
    Removed {
        /// The peer.
        peer: PeerId,
        /// Its run.
        incarnation: Incarnation,
    },
}

impl ChangeKind {
    /// Whom it concerns, and which run of it.
    pub fn subject(&self) -> (&PeerId, Incarnation) {
        match self {
            Self::Registered(descriptor) => (&descriptor.peer, descriptor.incarnation),
            Self::SubscriptionsChanged {
                peer, incarnation, ..
            }
            | Self::StateChanged {
                peer, incarnation, ..
            }
            | Self::Removed { peer, incarnation } => (peer, *incarnation),
        }
    }
}

impl Change {
    /// The wire form. The cluster is not in it: the message that carries changes names it once.
    pub fn encode(&self) -> Bytes {
        let (peer, incarnation) = self.kind.subject();
        let mut record = ChangeRecord {
            index: self.revision.index,
            sub: self.revision.sub,
            previous_index: self.previous.index,
            previous_sub: self.previous.sub,
            peer: peer.as_str().into(),
            incarnation: incarnation.0,
            ..ChangeRecord::default()
        };
        match &self.kind {
            ChangeKind::Registered(descriptor) => {
                record.kind = REGISTERED;
                record.body = descriptor.encode().into();
            }
            ChangeKind::SubscriptionsChanged { types, .. } => {
                record.kind = SUBSCRIPTIONS_CHANGED;
                record.body = types.encode();
            }
            ChangeKind::StateChanged { state, .. } => {
                record.kind = STATE_CHANGED;
                record.state = state.code();
            }
            ChangeKind::Removed { .. } => record.kind = REMOVED,
        }
        record.encode_to_vec().into()
    }

    /// Reads the wire form of a change that belongs to `cluster`.
    pub fn decode(cluster: ClusterId, bytes: &[u8]) -> Result<Self, Unreadable> {
        const WHAT: &str = "a change of the directory";
        let record = ChangeRecord::decode(bytes).map_err(Unreadable::blame(WHAT))?;
        let revision = Revision {
            cluster,
            index: record.index,
            sub: record.sub,
        };
        let previous = Revision {
            cluster,
            index: record.previous_index,
            sub: record.previous_sub,
        };
        if previous >= revision {
            let reason = format!("{revision} cannot follow {previous}");
            return Err(Unreadable::new(WHAT, reason));
        }
        Ok(Self {
            revision,
            previous,
            kind: record.kind(cluster)?,
        })
    }
}

const REGISTERED: u32 = 1;
const SUBSCRIPTIONS_CHANGED: u32 = 2;
const STATE_CHANGED: u32 = 3;
const REMOVED: u32 = 4;

#[derive(Clone, PartialEq, prost::Message)]
struct ChangeRecord {
    #[prost(uint64, tag = "1")]
    index: u64,
    #[prost(uint32, tag = "2")]
    sub: u32,
    #[prost(uint64, tag = "3")]
    previous_index: u64,
    #[prost(uint32, tag = "4")]
    previous_sub: u32,
    #[prost(uint32, tag = "5")]
    kind: u32,
    #[prost(string, tag = "6")]
    peer: String,
    #[prost(uint64, tag = "7")]
    incarnation: u64,
    #[prost(uint32, tag = "8")]
    state: u32,
    #[prost(bytes = "bytes", tag = "9")]
    body: Bytes,
}

impl ChangeRecord {
    fn kind(&self, cluster: ClusterId) -> Result<ChangeKind, Unreadable> {
        const WHAT: &str = "a change of the directory";
        let peer = PeerId::new(&self.peer).map_err(Unreadable::blame(WHAT))?;
        let incarnation = Incarnation(self.incarnation);
        let kind = match self.kind {
            REGISTERED => {
                let descriptor = PeerDescriptor::decode(cluster, &self.body)?;
                ChangeKind::Registered(Arc::new(descriptor))
            }
            SUBSCRIPTIONS_CHANGED => ChangeKind::SubscriptionsChanged {
                peer: peer.clone(),
                incarnation,
                types: SubscriptionUpdate::decode(&self.body)?,
            },
            STATE_CHANGED => ChangeKind::StateChanged {
                peer: peer.clone(),
                incarnation,
                state: PeerState::from_code(self.state)?,
            },
            REMOVED => ChangeKind::Removed {
                peer: peer.clone(),
                incarnation,
            },
            other => return Err(Unreadable::new(WHAT, format!("unknown kind {other}"))),
        };
        if kind.subject() != (&peer, incarnation) || !incarnation.is_registered() {
            let reason = format!("it does not say which run of {peer} it means");
            return Err(Unreadable::new(WHAT, reason));
        }
        Ok(kind)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{CLUSTER, any_change, descriptor, revision};
    use super::*;

    fn removal(previous: Revision, revision: Revision) -> Change {
        let (peer, incarnation) = (PeerId::new("Shop.0").unwrap(), Incarnation(3));
        Change {
            revision,
            previous,
            kind: ChangeKind::Removed { peer, incarnation },
        }
    }

    #[test]
    fn a_change_that_does_not_follow_on_an_older_revision_is_refused() {
        for previous in [revision(5, 0), revision(5, 1), revision(6, 0)] {
            let change = removal(previous, revision(5, 0));
            let refused = Change::decode(CLUSTER, &change.encode());
            assert_eq!(refused.is_err(), previous >= revision(5, 0), "{previous}");
        }
    }

    #[test]
    fn a_change_that_names_one_peer_and_describes_another_is_refused() {
        let mut record = ChangeRecord::decode(removal(revision(1, 0), revision(2, 0)).encode());
        let record = record.as_mut().unwrap();
        record.kind = REGISTERED;
        record.body = descriptor(0, 3, revision(2, 0)).encode().into();
        assert!(Change::decode(CLUSTER, &record.encode_to_vec()).is_ok());
        record.body = descriptor(1, 3, revision(2, 0)).encode().into();
        assert!(Change::decode(CLUSTER, &record.encode_to_vec()).is_err());
        record.body = descriptor(0, 4, revision(2, 0)).encode().into();
        assert!(Change::decode(CLUSTER, &record.encode_to_vec()).is_err());
    }

    #[test]
    fn a_kind_that_is_not_known_is_refused_and_not_skipped() {
        let change = removal(revision(1, 0), revision(2, 0));
        let mut record = ChangeRecord::decode(change.encode()).unwrap();
        record.kind = 77;
        let refused = Change::decode(CLUSTER, &record.encode_to_vec()).unwrap_err();
        assert!(refused.to_string().contains("unknown kind 77"), "{refused}");
    }

    proptest! {
        #[test]
        fn every_change_survives_the_wire(change in any_change()) {
            prop_assert_eq!(Change::decode(CLUSTER, &change.encode()), Ok(change));
        }

        #[test]
        fn no_damage_to_a_change_makes_the_reader_panic(
            change in any_change(), at: prop::sample::Index, with: u8, cut: prop::sample::Index,
        ) {
            let mut bytes = change.encode().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = with;
            bytes.truncate(cut.index(bytes.len() + 1));
            let _ = Change::decode(CLUSTER, &bytes);
        }
    }
}
