//! Waking senders whose outcomes have come, many at once.
//!
//! A task that another runtime's thread wakes goes through that runtime's common queue, and wakes
//! one of its threads. For a thousand senders that is a thousand times; woken by one task of their
//! own runtime they go into its thread's own queue.

use std::task::Waker;

use tokio::runtime::Handle;

use crate::session::wake_all;

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
        wake_all(self.0.drain(..));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    /// Counts, but for the first, which panics.
    struct Panicking(AtomicUsize);

    impl Wake for Panicking {
        fn wake(self: Arc<Self>) {
            assert_ne!(self.0.fetch_add(1, Ordering::SeqCst), 0, "as asked");
        }
    }

    #[tokio::test]
    async fn a_sender_whose_waker_panics_holds_up_none_of_those_called_with_it() {
        for apart in [None, Some(Handle::current())] {
            let waker = Arc::new(Panicking(AtomicUsize::new(0)));
            let many = vec![Waker::from(waker.clone()); MANY];
            Senders::new(apart).wake(many);
            // The task apart runs now, if there is one.
            tokio::task::yield_now().await;
            assert_eq!(waker.0.load(Ordering::SeqCst), MANY);
        }
    }
}
