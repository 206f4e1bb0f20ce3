//! A small outgoing queue of whole frames: control lanes and bootstrap lanes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::session::wake_one;
use crate::transport::Outgoing;

/// Frames that wait for the transport, bounded in bytes.
#[derive(Debug)]
pub(crate) struct ByteQueue {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    frames: Vec<Bytes>,
    len: usize,
    transport: Option<Waker>,
    /// Nothing leaves before the Hello.
    held: bool,
    ended: bool,
}

/// The queue is full; whoever can't wait closes the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueueFull;

impl ByteQueue {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            state: Mutex::default(),
        })
    }

    /// Queues a frame.
    pub(crate) fn push(&self, frame: Bytes) -> Result<(), QueueFull> {
        self.add(frame, |state, frame| state.frames.push(frame))
    }

    /// Holds back what is queued until [`greet`](Self::greet): whoever finds the link in use may be
    /// faster than who has to say Hello on it.
    pub(crate) fn hold(&self) {
        self.lock().held = true;
    }

    /// Queues a Hello before all that was held back for it.
    pub(crate) fn greet(&self, hello: Bytes) -> Result<(), QueueFull> {
        self.add(hello, |state, hello| {
            state.held = false;
            state.frames.insert(0, hello);
        })
    }

    fn add(&self, frame: Bytes, add: impl FnOnce(&mut State, Bytes)) -> Result<(), QueueFull> {
        let mut state = self.lock();
        if state.len + frame.len() > self.limit {
            return Err(QueueFull);
        }
        state.len += frame.len();
        add(&mut state, frame);
        let waker = state.transport.take();
        drop(state);
        wake_one(waker);
        Ok(())
    }

    /// Ends the lane; what waits is dropped.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        let waker = state.transport.take();
        drop(state);
        wake_one(waker);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The transport's end of a [`ByteQueue`].
pub(crate) struct ByteSource(pub(crate) Arc<ByteQueue>);

impl Outgoing for ByteSource {
    fn poll_take(&mut self, context: &mut Context<'_>, chunks: &mut Vec<Bytes>) -> Poll<bool> {
        let mut state = self.0.lock();
        if state.ended {
            return Poll::Ready(false);
        }
        if state.frames.is_empty() || state.held {
            state.transport = Some(context.waker().clone());
            return Poll::Pending;
        }
        state.len = 0;
        chunks.append(&mut state.frames);
        Poll::Ready(true)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    /// Counts how often its queue was free when it was woken.
    struct Looking {
        queue: Arc<ByteQueue>,
        free: AtomicUsize,
    }

    impl Wake for Looking {
        fn wake(self: Arc<Self>) {
            let free = self.queue.state.try_lock().is_ok();
            self.free.fetch_add(usize::from(free), Ordering::Relaxed);
        }
    }

    #[test]
    fn a_transport_is_woken_with_nothing_locked() {
        let queue = ByteQueue::new(100);
        let looking = Arc::new(Looking {
            queue: queue.clone(),
            free: AtomicUsize::new(0),
        });
        let waker = Waker::from(looking.clone());
        let mut source = ByteSource(queue.clone());
        let mut take = || {
            let context = &mut Context::from_waker(&waker);
            source.poll_take(context, &mut Vec::new())
        };
        let free = || looking.free.load(Ordering::Relaxed);
        assert!(take().is_pending());
        queue.push(Bytes::from_static(b"frame")).unwrap();
        assert_eq!((take(), free()), (Poll::Ready(true), 1));
        assert!(take().is_pending());
        queue.end();
        assert_eq!((take(), free()), (Poll::Ready(false), 2));
    }
}
