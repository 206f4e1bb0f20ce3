//! Who sent a message.

use std::fmt;
use std::sync::Arc;

use super::{Delivery, FromDelivery, Rejection};
use crate::id::{Identity, PeerId};
use crate::transport::Remote;

/// Who sent a message, as the certificate of its link proves (promise 30). Cloning shares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(Arc<(PeerId, Remote)>);

impl Sender {
    /// What the shell below keeps for each peer.
    pub(crate) fn from_proved(proved: Arc<(PeerId, Remote)>) -> Self {
        Self(proved)
    }

    /// The sender `peer`, whose certificate proves `identity`; no address of it is known.
    pub fn new(peer: PeerId, identity: Identity) -> Self {
        let remote = Remote {
            identity,
            environment: String::new(),
            address: String::new(),
        };
        Self(Arc::new((peer, remote)))
    }

    /// The peer: exactly this one with a peer's certificate; with a service's only its service is
    /// proved and the instance is what it claims.
    pub fn peer(&self) -> &PeerId {
        &self.0.0
    }

    /// What its certificate proves.
    pub fn identity(&self) -> &Identity {
        &self.0.1.identity
    }

    /// Where its packets come from, as its last link showed; for people, and for a directory that
    /// is asked to find out. Empty in this very process.
    pub fn address(&self) -> &str {
        &self.0.1.address
    }
}

/// Prints the peer.
impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.peer().fmt(f)
    }
}

impl FromDelivery for Sender {
    fn from_delivery(delivery: &Delivery<'_>) -> Result<Self, Rejection> {
        Ok(delivery.sender().clone())
    }
}
