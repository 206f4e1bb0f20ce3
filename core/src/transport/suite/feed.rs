//! A lane fed by hand, and what is read of one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::sync::watch;

use super::world::{World, soon};
use crate::transport::{Incoming, Link, LinkEnd, Outgoing, Priority};

/// The test's end of an outgoing lane.
pub(super) struct Feed {
    queue: Arc<Mutex<Queue>>,
    dropped: watch::Receiver<bool>,
}

#[derive(Default)]
struct Queue {
    batches: VecDeque<Vec<Bytes>>,
    ended: bool,
    waker: Option<Waker>,
}

/// The transport's end of it.
struct Source {
    queue: Arc<Mutex<Queue>>,
    dropped: watch::Sender<bool>,
}

impl Feed {
    /// Opens a lane on `link`.
    pub(super) fn open(link: &dyn Link, priority: Priority) -> Self {
        let queue = Arc::new(Mutex::new(Queue::default()));
        let (sender, dropped) = watch::channel(false);
        link.open(
            priority,
            Box::new(Source {
                queue: queue.clone(),
                dropped: sender,
            }),
        );
        Self { queue, dropped }
    }

    /// Gives one chunk to write.
    pub(super) fn push(&self, chunk: impl Into<Bytes>) {
        self.push_batch(vec![chunk.into()]);
    }

    /// Gives several chunks to write at once.
    pub(super) fn push_batch(&self, batch: Vec<Bytes>) {
        self.change(|queue| queue.batches.push_back(batch));
    }

    /// Ends the lane once everything given was taken.
    pub(super) fn end(&self) {
        self.change(|queue| queue.ended = true);
    }

    /// Waits until the transport has let go of the lane.
    pub(super) async fn let_go(mut self, world: &dyn World) {
        let gone = self.dropped.wait_for(|dropped| *dropped);
        soon(world, "letting go of a lane", gone)
            .await
            .expect("the value was sent before the drop");
    }

    fn change(&self, change: impl FnOnce(&mut Queue)) {
        let waker = {
            let mut queue = held(&self.queue);
            change(&mut queue);
            queue.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Outgoing for Source {
    fn poll_take(&mut self, context: &mut Context<'_>, chunks: &mut Vec<Bytes>) -> Poll<bool> {
        let mut queue = held(&self.queue);
        if let Some(batch) = queue.batches.pop_front() {
            chunks.extend(batch);
            return Poll::Ready(true);
        }
        if queue.ended {
            return Poll::Ready(false);
        }
        queue.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.dropped.send_replace(true);
    }
}

/// What was read of an incoming lane and not looked at yet.
pub(super) struct Reading {
    lane: Box<dyn Incoming>,
    rest: VecDeque<Bytes>,
}

impl Reading {
    /// Accepts the next lane of `link`.
    pub(super) async fn accept(world: &dyn World, link: &dyn Link) -> Self {
        let lane = soon(world, "accepting a lane", link.accept()).await;
        let lane = lane.unwrap_or_else(|end| panic!("no lane was accepted: {end}"));
        Self {
            lane,
            rest: VecDeque::new(),
        }
    }

    /// The next chunk; an empty one breaks the contract.
    pub(super) async fn chunk(&mut self, world: &dyn World) -> Result<Bytes, LinkEnd> {
        while self.rest.is_empty() {
            let mut chunks = Vec::new();
            let read = std::future::poll_fn(|context| self.lane.poll_read(context, &mut chunks));
            soon(world, "reading a lane", read).await?;
            assert!(!chunks.is_empty(), "a read that gave no chunk");
            assert!(
                chunks.iter().all(|chunk| !chunk.is_empty()),
                "a read that gave an empty chunk"
            );
            self.rest.extend(chunks);
        }
        Ok(self.rest.pop_front().unwrap_or_default())
    }

    /// Exactly the next `len` bytes.
    pub(super) async fn take(&mut self, world: &dyn World, len: usize) -> Vec<u8> {
        let mut taken = Vec::with_capacity(len);
        while taken.len() < len {
            let chunk = self.chunk(world).await;
            let mut chunk = chunk.unwrap_or_else(|end| panic!("the lane ended too early: {end}"));
            taken.extend(chunk.split_to(chunk.len().min(len - taken.len())));
            if !chunk.is_empty() {
                self.rest.push_front(chunk);
            }
        }
        taken
    }

    /// Reads on until the lane ends: what still came, and how it ended.
    pub(super) async fn to_its_end(&mut self, world: &dyn World) -> (Vec<u8>, LinkEnd) {
        let mut taken = Vec::new();
        loop {
            match self.chunk(world).await {
                Ok(chunk) => taken.extend(chunk),
                Err(end) => return (taken, end),
            }
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
