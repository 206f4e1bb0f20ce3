//! How a handler is run.

use std::sync::Arc;

use crate::binding::{BindingKey, InvalidBindingKey};

/// How a handler is run, and what it wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlingOptions {
    /// What it wants; a message that none of them matches passes it by. Without
    /// [`matching`](super::Handling::matching) everything of its type.
    pub keys: Vec<BindingKey>,
    /// Why a route given to [`matching`](super::Handling::matching) is no key; an error of the
    /// start.
    pub invalid_key: Option<InvalidBindingKey>,
    /// Whether the keys are subscribed to at start.
    pub mode: SubscriptionMode,
    /// The dispatch queue; `None` is the one with the name of the message's lane, so that no lane
    /// waits for the handlers of another (promise 20).
    pub queue: Option<Arc<str>>,
    /// How many messages of this handler's queue run at once; at least 1.
    pub concurrency: usize,
    /// Whether it keeps its slot while it awaits a `send` (promise 21).
    pub exclusive: bool,
}

/// Whether a handler's keys are subscribed to at start (promise 24).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SubscriptionMode {
    /// At start.
    #[default]
    Automatic,
    /// Not at start: whoever wants messages subscribes at run time.
    Manual,
}

impl Default for HandlingOptions {
    fn default() -> Self {
        Self {
            keys: vec![BindingKey::any()],
            invalid_key: None,
            mode: SubscriptionMode::Automatic,
            queue: None,
            concurrency: 1,
            exclusive: false,
        }
    }
}
