//! What the two processes of the claim say to each other.

use quibus::prelude::*;

/// Takes the body and weighs it.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Claim", reply = Weight)]
pub(super) struct Keep {}

/// Asks for a body of so many bytes.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Claim", reply = Weight)]
pub(super) struct Give {
    #[prost(uint64, tag = "1")]
    pub(super) bytes: u64,
}

/// Asks how much memory the process has had at most.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Claim", reply = u64)]
pub(super) struct HowMuchMemory {}

/// What a body comes to.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message, quibus::Schema)]
pub(super) struct Weight {
    #[prost(uint64, tag = "1")]
    pub(super) bytes: u64,
    #[prost(uint64, tag = "2")]
    pub(super) hash: u64,
}
