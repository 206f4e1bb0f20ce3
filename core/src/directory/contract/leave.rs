//! Stopping in good order.

use super::request_error::RequestError;
use super::update_subscriptions::Updated;
use crate::id::Incarnation;

/// Says that the peer takes nothing new from now on; answered by [`Updated`] when
/// everybody knows (promise 28).
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = Updated, error = RequestError)]
pub struct Drain {
    #[prost(uint64, tag = "1")]
    incarnation: u64,
}

impl Drain {
    /// This run drains.
    pub fn new(incarnation: Incarnation) -> Self {
        Self {
            incarnation: incarnation.0,
        }
    }

    /// The asking run.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation(self.incarnation)
    }
}

/// Leaves the directory. This run's start id never comes back.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = Unregistered, error = RequestError)]
pub struct Unregister {
    #[prost(uint64, tag = "1")]
    incarnation: u64,
}

impl Unregister {
    /// This run leaves.
    pub fn new(incarnation: Incarnation) -> Self {
        Self {
            incarnation: incarnation.0,
        }
    }

    /// The asking run.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation(self.incarnation)
    }
}

/// The answer to [`Unregister`]: committed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Unregistered {}
