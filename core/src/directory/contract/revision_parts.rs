//! A revision on the wire.

use crate::id::{ClusterId, Revision};

/// A revision on the wire. Every value of it means something.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct RevisionParts {
    #[prost(fixed64, tag = "1")]
    cluster_high: u64,
    #[prost(fixed64, tag = "2")]
    cluster_low: u64,
    #[prost(uint64, tag = "3")]
    index: u64,
    #[prost(uint32, tag = "4")]
    sub: u32,
}

impl From<Revision> for RevisionParts {
    fn from(revision: Revision) -> Self {
        Self {
            cluster_high: (revision.cluster.0 >> 64) as u64,
            cluster_low: revision.cluster.0 as u64,
            index: revision.index,
            sub: revision.sub,
        }
    }
}

impl From<RevisionParts> for Revision {
    fn from(parts: RevisionParts) -> Self {
        let high = u128::from(parts.cluster_high) << 64;
        Self {
            cluster: ClusterId(high | u128::from(parts.cluster_low)),
            index: parts.index,
            sub: parts.sub,
        }
    }
}
