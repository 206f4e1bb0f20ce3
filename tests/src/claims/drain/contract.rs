//! The messages of the claim, and what handles them.

use quibus::prelude::*;

use crate::history::{Entry, Recorder, Run, Stream};

/// The `number`th event of a run.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Drain")]
pub(super) struct Noted {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    pub(super) to: String,
    #[prost(uint32, tag = "2")]
    pub(super) from: u32,
    #[prost(uint64, tag = "3")]
    pub(super) run: u64,
    #[prost(uint64, tag = "4")]
    pub(super) number: u64,
}

/// The `number`th command of a run.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Drain", reply = Booked)]
pub(super) struct Book {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    pub(super) to: String,
    #[prost(uint32, tag = "2")]
    pub(super) from: u32,
    #[prost(uint64, tag = "3")]
    pub(super) run: u64,
    #[prost(uint64, tag = "4")]
    pub(super) number: u64,
}

/// Says which command it answers.
#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub(super) struct Booked {
    #[prost(uint64, tag = "1")]
    pub(super) number: u64,
}

/// One run of a service, as its handlers see it.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) run: Run,
    pub(super) history: Recorder,
}

impl Seat {
    fn stream(&self, peer: u32, number: u64) -> Stream {
        let from = Run {
            peer: u8::try_from(peer).unwrap_or(u8::MAX),
            number,
        };
        Stream {
            from,
            to: self.run.peer,
            lane: 0,
        }
    }
}

pub(super) async fn noted(event: Noted, State(seat): State<Seat>) {
    seat.history.add(Entry::EventHandled {
        stream: seat.stream(event.from, event.run),
        by: seat.run.number,
        number: event.number,
    });
}

pub(super) async fn book(command: Book, State(seat): State<Seat>) -> Booked {
    seat.history.add(Entry::CommandHandled {
        by: seat.run.number,
        stream: seat.stream(command.from, command.run),
        number: command.number,
    });
    if command.number.is_multiple_of(16) {
        // Some are always being handled when a stop begins.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    Booked {
        number: command.number,
    }
}
