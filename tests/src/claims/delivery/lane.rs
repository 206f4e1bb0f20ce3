//! What the lanes of the trial have in common: their messages and handlers.

use std::sync::Arc;
use std::time::Duration;

use quibus::bus::{Builder, SendError};
use quibus::prelude::*;

use super::cast::{self, RECEIVERS};
use super::orders::Orders;
use crate::history::{Entry, Manner, Recorder, Run, Stream, Told};

/// Every so many commands take their time.
const LONG_COMMANDS: u64 = 256;
/// How long those take.
const LONG_COMMAND: Duration = Duration::from_millis(5);

/// A lane with an event and a command that travel in it.
pub(super) trait Lane: Send + Sync + 'static {
    type Event: Event;
    type Command: Command<Reply = Added, Error = quibus::message::Untyped>;
    /// In the history.
    const NUMBER: u8;
    /// Of its commands.
    const MANNER: Manner;

    fn event(numbered: Numbered) -> Self::Event;
    fn command(sending: One) -> Self::Command;
    /// Adds the handlers of a receiver.
    fn handled(builder: Builder, me: &str) -> Builder;
}

/// An event, whatever its lane.
pub(super) struct Numbered {
    /// The receivers.
    pub(super) to: Vec<String>,
    /// Its number in the stream to each of them.
    pub(super) numbers: Vec<u64>,
    pub(super) from: Run,
    /// Makes frames of all sizes.
    pub(super) filling: bytes::Bytes,
}

/// A command, whatever its lane.
pub(super) struct One {
    pub(super) to: String,
    pub(super) number: u64,
    pub(super) from: Run,
}

/// One more than what was asked.
#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub(super) struct Added {
    #[prost(uint64, tag = "1")]
    pub(super) number: u64,
}

/// One run of a receiver, as its handlers see it.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) run: Run,
    pub(super) me: String,
    pub(super) history: Recorder,
    /// Its events wait while it is frozen: only the last receiver ever is.
    pub(super) frozen: Option<Arc<Orders>>,
}

impl Seat {
    pub(super) async fn event(&self, lane: u8, event: Numbered) {
        let at = event.to.iter().position(|to| *to == self.me);
        let number = at.and_then(|at| event.numbers.get(at));
        self.history.add(Entry::EventHandled {
            stream: self.stream(event.from, lane),
            by: self.run.number,
            // Sent to somebody else: a number that was never given is one too many.
            number: number.copied().unwrap_or(u64::MAX / 2),
        });
        if let Some(orders) = &self.frozen {
            orders.thawed().await;
        }
    }

    pub(super) async fn command(&self, lane: u8, command: One) -> Added {
        self.history.add(Entry::CommandHandled {
            stream: self.stream(command.from, lane),
            by: self.run.number,
            number: command.number,
        });
        if command.number % LONG_COMMANDS == LONG_COMMANDS / 2 {
            tokio::time::sleep(LONG_COMMAND).await;
        }
        Added {
            number: command.number + 1,
        }
    }

    fn stream(&self, from: Run, lane: u8) -> Stream {
        Stream {
            from,
            to: self.run.peer,
            lane,
        }
    }
}

/// The stream of a lane to a receiver, by its place among them.
pub(super) fn stream(from: Run, receiver: usize, lane: u8) -> Stream {
    debug_assert!(receiver < RECEIVERS);
    Stream {
        from,
        to: cast::receiver(receiver),
        lane,
    }
}

/// What a sender was told of this command. `early`: before its deadline.
pub(super) fn told(number: u64, outcome: Result<Added, SendError>, early: bool) -> Told {
    match outcome {
        Ok(added) if added.number == number + 1 => Told::Replied,
        Ok(added) => Told::Wrong(format!("{} for {number}", added.number)),
        Err(error) => Told::error(&error, early),
    }
}
