//! What the peers of the scenarios say to each other.

use quibus::prelude::*;

/// A measurement at a station in a month.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Scenario")]
pub(crate) struct Measured {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    pub(crate) station: String,
    #[quibus(route = 2)]
    #[prost(uint32, tag = "2")]
    pub(crate) month: u32,
    #[prost(uint64, tag = "3")]
    pub(crate) number: u64,
}

/// All measurements of a round have been published.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Scenario")]
pub(crate) struct RoundOver {}

/// Asks who archives a station.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Scenario", reply = Archived, error = ArchiveError)]
pub(crate) struct WhoArchives {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    pub(crate) station: String,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub(crate) struct Archived {
    /// Who answers.
    #[prost(string, tag = "1")]
    pub(crate) by: String,
    /// Who asked, as the link's certificate says.
    #[prost(string, tag = "2")]
    pub(crate) asked_by: String,
}

#[derive(Debug, PartialEq, thiserror::Error, quibus::HandlerError)]
pub(crate) enum ArchiveError {
    #[error("the archive of {0} has burnt down")]
    #[quibus(code = 410)]
    Burnt(String),
}

/// Takes the body and answers with it.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Scenario", reply = Keeping)]
pub(crate) struct Keep {
    /// Whether its handler waits half-way.
    #[prost(bool, tag = "1")]
    pub(crate) pause: bool,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub(crate) struct Keeping {
    #[prost(uint64, tag = "1")]
    pub(crate) bytes: u64,
}

/// Looks at the beginning of the body, and answers while the rest of it is there to be read.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Scenario", reply = Keeping)]
pub(crate) struct Glance {}

/// Asks for a vote in a term.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Scenario", lane = "votes", unsequenced, reply = Voted)]
pub(crate) struct Vote {
    #[prost(uint64, tag = "1")]
    pub(crate) term: u64,
    /// Whether its handler waits before it answers.
    #[prost(bool, tag = "2")]
    pub(crate) pause: bool,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub(crate) struct Voted {
    #[prost(uint64, tag = "1")]
    pub(crate) term: u64,
}

/// What may take its time.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Scenario", lane = "bulk")]
pub(crate) struct Parcel {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) bytes: bytes::Bytes,
}

/// What may not.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Scenario")]
pub(crate) struct Letter {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) bytes: bytes::Bytes,
}
