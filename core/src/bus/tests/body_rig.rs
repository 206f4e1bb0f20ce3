//! Commands and replies with bodies, sources that are watched, and handlers that read.

use std::hash::{DefaultHasher, Hasher};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Weak};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use tokio::sync::Semaphore;

use super::rig::start;
use crate::bus::{Builder, Bus};
use crate::message::{Body, BodyError};
use crate::prelude::*;
use crate::testing::MemoryNetwork;

/// Stores its body; answers how many bytes that were, and their hash.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Test", reply = Stored)]
pub(super) struct Store {
    /// How many chunks are read before the handler waits to be let on.
    #[prost(uint64, tag = "1")]
    pub(super) pause_after: u64,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub(super) struct Stored {
    #[prost(uint64, tag = "1")]
    pub(super) len: u64,
    #[prost(uint64, tag = "2")]
    pub(super) hash: u64,
}

/// Asks for a body of so many chunks.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Test", reply = Stored)]
pub(super) struct Fetch {
    #[prost(uint64, tag = "1")]
    pub(super) chunks: u64,
}

pub(super) const CHUNK: usize = 20_000;

/// What chunks are cut out of.
static PATTERN: LazyLock<Bytes> =
    LazyLock::new(|| (0..CHUNK + 251).map(|at| (at % 251) as u8).collect());

/// What there is to be seen of a source from outside.
#[derive(Clone, Default)]
pub(super) struct Watch {
    lives: Weak<()>,
    pub(super) given: Arc<AtomicUsize>,
}

impl Watch {
    pub(super) fn is_dropped(&self) -> bool {
        self.lives.strong_count() == 0
    }

    pub(super) fn given(&self) -> usize {
        self.given.load(Ordering::Relaxed)
    }

    pub(super) async fn dropped(&self) {
        while !self.is_dropped() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}

/// How a source ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    End,
    Failure,
    Panic,
    Silence,
}

/// A source of numbered chunks.
pub(super) struct Chunks {
    left: u64,
    number: u64,
    after: After,
    given: Arc<AtomicUsize>,
    _lives: Arc<()>,
}

pub(super) fn chunk(number: u64) -> Bytes {
    let at = (number * 7 % 251) as usize;
    PATTERN.slice(at..at + CHUNK)
}

pub(super) fn chunks(count: u64, after: After) -> (Body, Watch) {
    let lives = Arc::new(());
    let watch = Watch {
        lives: Arc::downgrade(&lives),
        given: Arc::default(),
    };
    let source = Chunks {
        left: count,
        number: 0,
        after,
        given: watch.given.clone(),
        _lives: lives,
    };
    (Body::from_stream(source), watch)
}

/// What `Stored` says of a body of so many chunks.
pub(super) fn stored(count: u64) -> Stored {
    let mut hasher = DefaultHasher::new();
    (0..count).for_each(|number| hasher.write(&chunk(number)));
    Stored {
        len: count * CHUNK as u64,
        hash: hasher.finish(),
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes, String>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left == 0 {
            return match self.after {
                After::End => Poll::Ready(None),
                After::Failure => Poll::Ready(Some(Err("the disk is gone".into()))),
                After::Panic => panic!("as asked"),
                After::Silence => Poll::Pending,
            };
        }
        self.left -= 1;
        self.number += 1;
        self.given.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(chunk(self.number - 1))))
    }
}

/// What the handlers of one process share: readers that pause go on one permit each.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) go_on: Arc<Semaphore>,
    pub(super) reading: Arc<AtomicUsize>,
    pub(super) paused: Arc<AtomicUsize>,
    /// The source of the last reply.
    pub(super) last: Arc<std::sync::Mutex<Watch>>,
}

impl Gate {
    pub(super) fn closed() -> Self {
        Self {
            go_on: Arc::new(Semaphore::new(0)),
            reading: Arc::default(),
            paused: Arc::default(),
            last: Arc::default(),
        }
    }

    pub(super) fn open(&self, permits: usize) {
        self.go_on.add_permits(permits);
    }

    pub(super) fn last(&self) -> Watch {
        self.last.lock().unwrap().clone()
    }

    pub(super) async fn paused(&self, count: usize) {
        while self.paused.load(Ordering::Relaxed) < count {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}

pub(super) async fn read(
    mut body: Body,
    pause_after: u64,
    gate: &Gate,
) -> Result<Stored, BodyError> {
    let (mut len, mut hasher, mut paused) = (0, DefaultHasher::new(), false);
    while let Some(bytes) = body.chunk().await {
        let bytes = bytes?;
        if len == 0 {
            gate.reading.fetch_add(1, Ordering::Relaxed);
        }
        len += bytes.len() as u64;
        hasher.write(&bytes);
        if !paused && len >= pause_after * CHUNK as u64 && pause_after > 0 {
            paused = true;
            gate.paused.fetch_add(1, Ordering::Relaxed);
            gate.go_on.acquire().await.unwrap().forget();
        }
    }
    let hash = hasher.finish();
    Ok(Stored { len, hash })
}

pub(super) async fn store(
    command: Store,
    body: Body,
    State(gate): State<Gate>,
) -> quibus::Result<Stored> {
    Ok(read(body, command.pause_after, &gate).await?)
}

pub(super) async fn fetch(command: Fetch, State(gate): State<Gate>) -> (Stored, Body) {
    let (body, watch) = chunks(command.chunks, After::End);
    *gate.last.lock().unwrap() = watch;
    (stored(command.chunks), body)
}

pub(super) fn keeper(name: &str, gate: &Gate) -> Builder {
    Bus::builder(name)
        .state(gate.clone())
        .handle(store.concurrency(16))
        .handle(fetch.concurrency(16))
}

/// A sender `A.0` and `B.0`, which keeps.
pub(super) async fn pair(net: &MemoryNetwork) -> (Bus, Bus, Gate) {
    let gate = Gate::closed();
    let builders = [("A.0", Bus::builder("A.0")), ("B.0", keeper("B.0", &gate))];
    let [a, b] = start(net, builders).await.try_into().unwrap();
    (a, b, gate)
}
