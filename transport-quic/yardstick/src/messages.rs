//! What travels: a number and bytes, so that the codec's share is known and small.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use quibus::message::{Codec, Message};
use quibus::prelude::*;

/// A command that is answered by itself.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Bench", reply = Echoed)]
pub(crate) struct Echo {
    #[prost(fixed64, tag = "1")]
    pub(crate) number: u64,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) body: Bytes,
}

/// The answer: as long as the command.
#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub(crate) struct Echoed {
    #[prost(fixed64, tag = "1")]
    pub(crate) number: u64,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) body: Bytes,
}

/// An event that one peer wants.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Bench")]
pub(crate) struct ForOne {
    #[prost(fixed64, tag = "1")]
    pub(crate) number: u64,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) body: Bytes,
}

/// An event that all peers want.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Bench")]
pub(crate) struct ForAll {
    #[prost(fixed64, tag = "1")]
    pub(crate) number: u64,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) body: Bytes,
}

/// How many events were handled since the last time this was asked. Travels behind the events, in
/// the same lane and queue.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Bench", reply = u64)]
pub(crate) struct Count {}

/// What the process has used so far.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Bench", reply = Usage)]
pub(crate) struct AskUsage {}

/// What a process has used since it was started.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message, quibus::Schema)]
pub(crate) struct Usage {
    /// Allocations, if they are counted.
    #[prost(uint64, optional, tag = "1")]
    pub(crate) allocations: Option<u64>,
    /// Nanoseconds on a processor.
    #[prost(uint64, optional, tag = "2")]
    pub(crate) processor: Option<u64>,
    /// Most bytes of memory in use at once.
    #[prost(uint64, optional, tag = "3")]
    pub(crate) peak_memory: Option<u64>,
}

/// What bodies are made of.
const FILLING: &[u8] = &[7; 64 << 10];

/// What an encoded message of the four above has beside its body: number, tag, tag, length.
pub(crate) fn body_of(len: usize) -> Bytes {
    let (fixed, varint) = (8 + 1 + 1, |len: usize| {
        1 + (len.max(1).ilog2() / 7) as usize
    });
    let lengths = (0..=len).rev();
    let body = lengths
        .skip(fixed)
        .find(|body| fixed + varint(*body) + body <= len);
    // Static, so that cloning a message measures no reference count: a program makes its own.
    Bytes::from_static(FILLING.get(..body.unwrap_or(0)).unwrap_or(FILLING))
}

/// An event of `len` bytes, encoded.
pub(crate) fn encoded_event(len: usize) -> Vec<u8> {
    let (number, body) = (7, body_of(len));
    prost::Message::encode_to_vec(&ForAll { number, body })
}

/// Reads an event as a bus does, and does no more with it.
pub(crate) fn read_event(bytes: &[u8]) -> bool {
    let event = <<ForAll as Message>::Codec as Codec<ForAll>>::decode(bytes);
    std::hint::black_box(event).is_ok()
}

/// Events that a bus has handled.
#[derive(Clone, Copy)]
pub(crate) struct Handled(pub(crate) &'static AtomicU64);

impl Handled {
    /// Not by a locked instruction, 5 ns that raw QUIC's receivers don't spend on counting either:
    /// handlers of one queue run one after the other.
    fn one_more(self) {
        let Self(count) = self;
        count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }
}

/// Counts the allocations of this process.
#[derive(Clone, Copy)]
pub(crate) struct Allocations(pub(crate) fn() -> Option<u64>);

pub(crate) async fn echo(Echo { number, body }: Echo) -> Echoed {
    Echoed { number, body }
}

pub(crate) async fn for_one(_: ForOne, State(handled): State<Handled>) {
    handled.one_more();
}

pub(crate) async fn for_all(_: ForAll, State(handled): State<Handled>) {
    handled.one_more();
}

pub(crate) async fn count(_: Count, State(Handled(count)): State<Handled>) -> u64 {
    count.swap(0, Ordering::Relaxed)
}

pub(crate) async fn told_usage(
    _: AskUsage,
    State(Allocations(count)): State<Allocations>,
) -> Usage {
    crate::usage::of_this_process(count)
}
