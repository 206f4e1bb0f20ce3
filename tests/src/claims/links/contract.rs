//! The messages of the claim, and what handles them.

use std::time::Duration;

use quibus::prelude::*;

use crate::history::{Entry, Manner, Recorder, Run, Stream};

/// How many commands a side handles at once. One, so that their order can be seen; the other side
/// several, so that they overtake each other.
pub(super) fn at_once(peer: u8) -> usize {
    if peer == 0 { 1 } else { 4 }
}

/// How commands are sent to a side.
pub(super) fn manner(receiver: u8) -> Manner {
    match at_once(receiver) {
        1 => Manner::InOrder,
        _ => Manner::AtOnce,
    }
}

/// Where the handlers of one run write.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) run: Run,
    pub(super) history: Recorder,
}

/// Both travel in the lane `default`.
pub(super) fn stream(from: Run, to: u8) -> Stream {
    Stream { from, to, lane: 0 }
}

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
#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub(super) struct Added {
    #[prost(uint64, tag = "1")]
    pub(super) number: u64,
}

impl Seat {
    /// What this run of the other side sends here.
    fn hears(&self, sender: u64) -> Stream {
        let from = Run {
            peer: 1 - self.run.peer,
            number: sender,
        };
        stream(from, self.run.peer)
    }
}

pub(super) async fn numbered(event: Numbered, State(seat): State<Seat>) {
    seat.history.add(Entry::EventHandled {
        stream: seat.hears(event.run),
        by: seat.run.number,
        number: event.number,
    });
}

pub(super) async fn add_one(command: AddOne, State(seat): State<Seat>) -> Added {
    seat.history.add(Entry::CommandHandled {
        by: seat.run.number,
        stream: seat.hears(command.run),
        number: command.number,
    });
    if command.number.is_multiple_of(128) {
        // Longer than a restart takes: its outcome belongs to a session that may be over.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Added {
        number: command.number + 1,
    }
}
