//! The lanes: the default, one for orders, one for bulk, and an unsequenced one for votes.

use quibus::bus::Builder;
use quibus::prelude::*;

use super::lane::{Added, Lane, Numbered, One, Seat};
use crate::history::{Manner, Run};

macro_rules! lane {
    ($(#[$doc:meta])+ $lane:ident = $number:literal, $name:literal, $at_once:literal at once:
     $event:ident, $command:ident) => {
        $(#[$doc])+
        pub(super) struct $lane;

        #[derive(Clone, PartialEq, prost::Message, Event)]
        #[quibus(namespace = "Delivery", lane = $name)]
        pub(super) struct $event {
            #[quibus(route = 1)]
            #[prost(string, repeated, tag = "1")]
            to: Vec<String>,
            #[prost(uint64, repeated, tag = "2")]
            numbers: Vec<u64>,
            #[prost(uint32, tag = "3")]
            from: u32,
            #[prost(uint64, tag = "4")]
            run: u64,
            #[prost(bytes = "bytes", tag = "5")]
            filling: bytes::Bytes,
        }

        #[derive(Clone, PartialEq, prost::Message, Command)]
        #[quibus(namespace = "Delivery", lane = $name, reply = Added)]
        pub(super) struct $command {
            #[quibus(route = 1)]
            #[prost(string, tag = "1")]
            to: String,
            #[prost(uint64, tag = "2")]
            number: u64,
            #[prost(uint32, tag = "3")]
            from: u32,
            #[prost(uint64, tag = "4")]
            run: u64,
        }

        impl Lane for $lane {
            type Event = $event;
            type Command = $command;
            const NUMBER: u8 = $number;
            const MANNER: Manner = match $at_once {
                1 => Manner::InOrder,
                _ => Manner::AtOnce,
            };

            fn event(numbered: Numbered) -> $event {
                $event {
                    to: numbered.to,
                    numbers: numbered.numbers,
                    from: u32::from(numbered.from.peer),
                    run: numbered.from.number,
                    filling: numbered.filling,
                }
            }

            fn command(one: One) -> $command {
                $command {
                    to: one.to,
                    number: one.number,
                    from: u32::from(one.from.peer),
                    run: one.from.number,
                }
            }

            fn handled(builder: Builder, me: &str) -> Builder {
                async fn event(event: $event, State(seat): State<Seat>) {
                    let numbered = Numbered {
                        to: event.to,
                        numbers: event.numbers,
                        from: run(event.from, event.run),
                        filling: event.filling,
                    };
                    seat.event($number, numbered).await;
                }
                async fn command(command: $command, State(seat): State<Seat>) -> Added {
                    let one = One {
                        to: command.to,
                        number: command.number,
                        from: run(command.from, command.run),
                    };
                    seat.command($number, one).await
                }
                // Queues of their own: what is asked here is whether lanes keep out of each
                // other's way.
                let events = event.matching($event::route().to(me)).queue($name);
                let commands = command.matching($command::route().to(me));
                let commands = commands.queue(concat!($name, " commands")).concurrency($at_once);
                builder.handle(events).handle(commands)
            }
        }
    };
}

lane! {
    /// What names no lane; its commands come in order.
    DefaultLane = 0, "default", 1 at once: Measured, Measure
}
lane! {
    /// A lane with a name; its commands, too, come in order.
    OrderLane = 1, "orders", 1 at once: Ordered, Order
}
lane! {
    /// Another one, whose commands are handled several at a time; its subscriber is frozen at the
    /// end.
    BulkLane = 2, "bulk", 4 at once: Copied, Copy
}

/// What must neither wait nor be sent again, in an unsequenced lane.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Delivery", lane = "votes", unsequenced, reply = Added)]
pub(super) struct Vote {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    to: String,
    #[prost(uint64, tag = "2")]
    number: u64,
    #[prost(uint32, tag = "3")]
    from: u32,
    #[prost(uint64, tag = "4")]
    run: u64,
}

impl Vote {
    /// The number of its lane in the history.
    pub(super) const LANE: u8 = 3;

    pub(super) fn new(one: One) -> Self {
        Self {
            to: one.to,
            number: one.number,
            from: u32::from(one.from.peer),
            run: one.from.number,
        }
    }

    /// Adds the handler of a receiver.
    pub(super) fn handled(builder: Builder, me: &str) -> Builder {
        async fn vote(vote: Vote, State(seat): State<Seat>) -> Added {
            let one = One {
                to: vote.to,
                number: vote.number,
                from: run(vote.from, vote.run),
            };
            seat.command(Vote::LANE, one).await
        }
        let votes = vote.matching(Vote::route().to(me)).queue("votes");
        builder.handle(votes.concurrency(4))
    }
}

/// A peer that no trial has stays one that no trial has.
fn run(peer: u32, number: u64) -> Run {
    Run {
        peer: u8::try_from(peer).unwrap_or(u8::MAX),
        number,
    }
}
