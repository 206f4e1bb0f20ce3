//! Who sent a message.

use std::fmt;
use std::sync::Arc;

use super::{Delivery, FromDelivery, Rejection};
use crate::id::{Identity, PeerId};

/// Who sent a message, as the certificate of its link proves (promise 30). Cloning shares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(Arc<(PeerId, Identity)>);

impl Sender {
    /// What the shell below keeps for each peer.
    pub(crate) fn from_proved(proved: Arc<(PeerId, Identity)>) -> Self {
        Self(proved)
    }

    /// The sender `peer`, whose certificate proves `identity`.
    pub fn new(peer: PeerId, identity: Identity) -> Self {
        Self(Arc::new((peer, identity)))
    }

    /// The peer: exactly this one with a peer's certificate; with a service's only its service is
    /// proved and the instance is what it claims.
    pub fn peer(&self) -> &PeerId {
        &self.0.0
    }

    /// What its certificate proves.
    pub fn identity(&self) -> &Identity {
        &self.0.1
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
