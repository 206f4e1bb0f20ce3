//! A handler that a dispatcher knows, and its queue.

use std::fmt;
use std::sync::Arc;

use super::erased_handler::ErasedHandler;
use super::queue::Queue;

/// A handler and the queue it runs in.
pub(crate) struct Registered {
    pub(crate) handler: Arc<dyn ErasedHandler>,
    pub(crate) queue: Arc<Queue>,
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered")
            .field("message", &self.handler.message_type())
            .field("queue", &self.queue.name())
            .finish()
    }
}
