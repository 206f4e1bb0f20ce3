//! A handler that a dispatcher knows, and its queue.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::erased_handler::ErasedHandler;
use super::queue::Queue;

/// A handler and the queue it runs in.
pub(crate) struct Registered {
    pub(crate) handler: Arc<dyn ErasedHandler>,
    pub(crate) queue: Arc<Queue>,
    removed: AtomicBool,
}

impl Registered {
    pub(super) fn new(handler: Arc<dyn ErasedHandler>, queue: Arc<Queue>) -> Self {
        Self {
            handler,
            queue,
            removed: AtomicBool::new(false),
        }
    }

    /// It gets no more messages: workers let go of it once they have none in hand.
    pub(super) fn remove(&self) {
        self.removed.store(true, Ordering::Release);
        self.queue.call_idle();
    }

    pub(super) fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered")
            .field("message", &self.handler.message_type())
            .field("queue", &self.queue.name())
            .finish()
    }
}
