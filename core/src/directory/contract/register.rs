//! Becoming somebody.

use bytes::Bytes;

use super::revision_parts::RevisionParts;
use crate::directory::interest::Interest;
use crate::directory::peer_descriptor::{check_address, join};
use crate::directory::subscriptions::Subscriptions;
use crate::directory::unreadable::Unreadable;
use crate::id::{Incarnation, Revision};

/// Asks for an incarnation and makes the peer known with all it wants. May be repeated: one start
/// id gets one incarnation.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = Registered, error = RegisterError)]
pub struct Register {
    #[prost(fixed64, tag = "1")]
    start_id_high: u64,
    #[prost(fixed64, tag = "2")]
    start_id_low: u64,
    #[prost(string, tag = "3")]
    address: String,
    #[prost(bytes = "bytes", tag = "4")]
    subscriptions: Bytes,
    #[prost(uint64, tag = "5")]
    seq: u64,
    #[prost(uint64, optional, tag = "6")]
    resume: Option<u64>,
    #[prost(bytes = "bytes", tag = "7")]
    interest: Bytes,
    #[prost(bool, tag = "8")]
    durable: bool,
}

/// What a [`Register`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// A random number, drawn once per start of a bus.
    pub start_id: u128,
    /// Where this peer can be dialled; empty for "where you see me".
    pub address: String,
    /// All it wants.
    pub subscriptions: Subscriptions,
    /// The number of the last [`UpdateSubscriptions`](super::UpdateSubscriptions) that is in
    /// `subscriptions`, 0 before the first. A registration that was on its way while a later
    /// update was applied does not undo it.
    pub seq: u64,
    /// The incarnation this very process already has, if a directory has forgotten it.
    pub resume: Option<Incarnation>,
    /// How much of the directory it wants to hold.
    pub interest: Interest,
    /// Whether messages are to be kept for it while it is away.
    pub durable: bool,
}

impl Register {
    /// Highest incarnation that can be resumed; above it no directory has ever counted.
    pub const MAX_RESUME: Incarnation = Incarnation(1 << 62);

    /// Reads and checks what is asked.
    pub fn read(&self) -> Result<Registration, Unreadable> {
        check_address(&self.address)?;
        let start_id = join(self.start_id_high, self.start_id_low);
        if start_id == 0 {
            let reason = "its start id is 0, a random number is needed";
            return Err(Unreadable::new("a registration", reason));
        }
        let resume = self.resume.map(Incarnation);
        if resume.is_some_and(|n| !n.is_registered() || n > Self::MAX_RESUME) {
            let reason = "it resumes an incarnation that cannot have been given";
            return Err(Unreadable::new("a registration", reason));
        }
        Ok(Registration {
            start_id,
            address: self.address.clone(),
            subscriptions: Subscriptions::decode(&self.subscriptions)?,
            seq: self.seq,
            resume,
            interest: Interest::decode(&self.interest)?,
            durable: self.durable,
        })
    }
}

impl From<&Registration> for Register {
    fn from(registration: &Registration) -> Self {
        Self {
            start_id_high: (registration.start_id >> 64) as u64,
            start_id_low: registration.start_id as u64,
            address: registration.address.clone(),
            subscriptions: registration.subscriptions.encode(),
            seq: registration.seq,
            resume: registration.resume.map(|incarnation| incarnation.0),
            interest: registration.interest.encode(),
            durable: registration.durable,
        }
    }
}

/// The answer to [`Register`]: committed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Registered {
    #[prost(uint64, tag = "1")]
    incarnation: u64,
    #[prost(message, required, tag = "2")]
    revision: RevisionParts,
}

impl Registered {
    /// The peer is `incarnation`, and whoever holds `revision` knows it.
    pub fn new(incarnation: Incarnation, revision: Revision) -> Self {
        Self {
            incarnation: incarnation.0,
            revision: revision.into(),
        }
    }

    /// The peer's run.
    pub fn incarnation(&self) -> Result<Incarnation, Unreadable> {
        match Incarnation(self.incarnation) {
            Incarnation::NONE => Err(Unreadable::new("the answer to a registration", "no number")),
            incarnation => Ok(incarnation),
        }
    }

    /// A view that holds this revision knows the peer.
    pub fn revision(&self) -> Revision {
        self.revision.into()
    }
}

/// Why a directory did not register a peer. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, quibus::HandlerError)]
pub enum RegisterError {
    /// Another process has this peer id and answers.
    #[error(
        "another process with this peer id runs at {0}; stop it, or give this one a name of its own"
    )]
    #[quibus(code = 1001)]
    Refused(String),
    /// The certificate does not cover the peer id, or a role that never registers asks.
    #[error("not allowed: {0}")]
    #[quibus(code = 1002)]
    NotAllowed(String),
    /// More than one peer, or the whole directory, may hold.
    #[error("above a quota: {0}")]
    #[quibus(code = 1003)]
    Quota(String),
    /// A newer process has replaced this one; it must stop.
    #[error("this process was replaced by incarnation {0} of its peer id")]
    #[quibus(code = 1004)]
    Fenced(u64),
    /// This run has unregistered; a new run needs a new start id.
    #[error("this start of the bus has already left the directory; start it again")]
    #[quibus(code = 1005)]
    Left,
    /// The registration makes no sense.
    #[error("{0}")]
    #[quibus(code = 1006)]
    Malformed(String),
}

impl From<Unreadable> for RegisterError {
    fn from(unreadable: Unreadable) -> Self {
        Self::Malformed(unreadable.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;
    use crate::directory::samples::any_subscriptions;

    fn registration() -> Registration {
        Registration {
            start_id: 7 << 64,
            address: "192.0.2.1:7000".into(),
            subscriptions: Subscriptions::default(),
            seq: 0,
            resume: None,
            interest: Interest::All,
            durable: false,
        }
    }

    fn refusal(change: impl FnOnce(&mut Registration)) -> String {
        let mut registration = registration();
        change(&mut registration);
        let refused = Register::from(&registration).read();
        RegisterError::from(refused.expect_err("nonsense was taken")).to_string()
    }

    #[test]
    fn a_registration_without_sense_is_refused_and_named() {
        assert!(Register::from(&registration()).read().is_ok());
        assert!(refusal(|r| r.start_id = 0).contains("start id"));
        assert!(refusal(|r| r.resume = Some(Incarnation::NONE)).contains("resumes"));
        assert!(refusal(|r| r.resume = Some(Incarnation(u64::MAX))).contains("resumes"));
        assert!(refusal(|r| r.address = "x".repeat(257)).contains("257 bytes"));
        assert!(refusal(|r| r.address = "a\nb".into()).contains("a\\nb"));
    }

    proptest! {
        #[test]
        fn every_registration_survives_the_wire(
            subscriptions in any_subscriptions(), start_id in 1..u128::MAX, seq: u64,
            resume in proptest::option::of(1..1_u64 << 62), durable: bool,
        ) {
            let registration = Registration {
                start_id,
                subscriptions,
                seq,
                resume: resume.map(Incarnation),
                interest: Interest::Types(["Shop.Closed".into()].into()),
                durable,
                ..registration()
            };
            let bytes = Register::from(&registration).encode_to_vec();
            let decoded = Register::decode(&bytes[..]).unwrap();
            prop_assert_eq!(decoded.read(), Ok(registration));
        }

        #[test]
        fn no_bytes_make_the_reading_of_a_registration_panic(bytes: Vec<u8>) {
            let _ = Register::decode(&bytes[..]).map(|register| register.read());
        }
    }
}
