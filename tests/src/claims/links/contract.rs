//! The messages of the claim, and what handles them.

use std::time::Duration;

use quibus::prelude::*;

use super::ledger::{Run, Seat};

/// The `number`th event of one run of its sender.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Links")]
pub(super) struct Numbered {
    /// For whom it is: each side sends what it also handles.
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    pub(super) to: String,
    /// The sender's run.
    #[prost(uint64, tag = "2")]
    pub(super) run: u64,
    #[prost(uint64, tag = "3")]
    pub(super) number: u64,
    /// Makes frames of all sizes.
    #[prost(bytes = "bytes", tag = "4")]
    pub(super) filling: bytes::Bytes,
}

/// The `number`th command of one run of its sender.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Links", reply = Added)]
pub(super) struct AddOne {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    pub(super) to: String,
    /// The sender's run.
    #[prost(uint64, tag = "2")]
    pub(super) run: u64,
    #[prost(uint64, tag = "3")]
    pub(super) number: u64,
}

/// One more than what was asked.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Added {
    #[prost(uint64, tag = "1")]
    pub(super) number: u64,
}

pub(super) async fn numbered(event: Numbered, State(seat): State<Seat>) {
    let sender = Run(event.run);
    seat.hears.handled(sender, seat.run, event.number);
}

pub(super) async fn add_one(command: AddOne, State(seat): State<Seat>) -> Added {
    seat.answers.handled(Run(command.run), command.number);
    if command.number.is_multiple_of(128) {
        // Longer than a restart takes: its outcome belongs to a session that may be over.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Added {
        number: command.number + 1,
    }
}
