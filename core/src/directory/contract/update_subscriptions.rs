//! Wanting something else.

use bytes::Bytes;

use super::request_error::RequestError;
use super::revision_parts::RevisionParts;
use crate::directory::subscriptions::SubscriptionUpdate;
use crate::directory::unreadable::Unreadable;
use crate::id::{Incarnation, Revision};

/// Changes what the peer wants. One is under way at a time, repeated under its number until its
/// outcome is known (promise 25).
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = Updated, error = RequestError)]
pub struct UpdateSubscriptions {
    #[prost(uint64, tag = "1")]
    incarnation: u64,
    #[prost(uint64, tag = "2")]
    seq: u64,
    #[prost(bytes = "bytes", tag = "3")]
    types: Bytes,
}

impl UpdateSubscriptions {
    /// Update number `seq` of this run, from 1.
    pub fn new(incarnation: Incarnation, seq: u64, types: &SubscriptionUpdate) -> Self {
        Self {
            incarnation: incarnation.0,
            seq,
            types: types.encode(),
        }
    }

    /// The asking run.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation(self.incarnation)
    }

    /// The update's number.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Reads and checks the complete keys of each changed type.
    pub fn read(&self) -> Result<SubscriptionUpdate, Unreadable> {
        if self.seq == 0 {
            let reason = "its number is 0, they count from 1";
            return Err(Unreadable::new("a change of subscriptions", reason));
        }
        SubscriptionUpdate::decode(&self.types)
    }
}

/// The answer to [`UpdateSubscriptions`]: committed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Updated {
    #[prost(message, required, tag = "1")]
    revision: RevisionParts,
    #[prost(bool, tag = "2")]
    live_everywhere: bool,
}

impl Updated {
    /// Committed at `revision`; `live_everywhere` if every peer that was attached and responding
    /// at that moment has applied it.
    pub fn new(revision: Revision, live_everywhere: bool) -> Self {
        Self {
            revision: revision.into(),
            live_everywhere,
        }
    }

    /// Whoever holds this revision knows of the change.
    pub fn revision(&self) -> Revision {
        self.revision.into()
    }

    /// Whether every peer that was attached and responding has applied it; `false` if the server
    /// stopped waiting for one (promise 26).
    pub fn live_everywhere(&self) -> bool {
        self.live_everywhere
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::directory::samples::key;

    #[test]
    fn an_update_survives_the_wire_and_number_0_is_refused() {
        let mut types = SubscriptionUpdate::default();
        types.set("Shop.Closed", [key("fr.#"), key("*")]);
        types.set("Shop.Opened", []);
        for seq in [0, 1] {
            let update = UpdateSubscriptions::new(Incarnation(4), seq, &types);
            let update = UpdateSubscriptions::decode(&update.encode_to_vec()[..]).unwrap();
            assert_eq!((update.incarnation(), update.seq()), (Incarnation(4), seq));
            assert_eq!(update.read().ok(), (seq > 0).then(|| types.clone()));
        }
    }
}
