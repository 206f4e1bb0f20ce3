//! Waking senders whose outcomes have come, many at once.
//!
//! A task that another runtime's thread wakes goes through that runtime's common queue, and wakes
//! one of its threads. For a thousand senders that is a thousand times; woken by one task of their
//! own runtime they go into its thread's own queue.

use std::task::Waker;

use tokio::runtime::Handle;

/// So many are worth a task.
const MANY: usize = 8;

/// Wakes senders where they are likely to run.
#[derive(Debug)]
pub(super) struct Senders {
    /// The handlers' runtime, if the bus does not live there.
    apart: Option<Handle>,
}

impl Senders {
    pub(super) fn new(apart: Option<Handle>) -> Self {
        Self { apart }
    }

    pub(super) fn wake(&self, senders: Vec<Waker>) {
        let called = Called(senders);
        if let Some(runtime) = self.apart.as_ref().filter(|_| called.0.len() >= MANY) {
            runtime.spawn(async move { drop(called) });
        }
    }
}

/// Senders that are woken when this is dropped: also by a runtime that has ended.
struct Called(Vec<Waker>);

impl Drop for Called {
    fn drop(&mut self) {
        for sender in self.0.drain(..) {
            sender.wake();
        }
    }
}
