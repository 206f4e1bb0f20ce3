//! Which messages of its type a handler wants.

use crate::binding::{BindingKey, RoutingKey};
use crate::message::Message;

/// Which messages of its type a handler wants, asked again on receipt (promise 24): a peer gets
/// what any of its handlers wants, and each of them no more than what it asked for.
#[derive(Debug)]
pub struct Filter {
    /// `None` lets everything through without asking the message for its key.
    keys: Option<Box<[BindingKey]>>,
    message: RoutingKey,
}

impl Filter {
    pub(super) fn new(keys: &[BindingKey]) -> Self {
        let everything = keys.iter().any(BindingKey::is_empty);
        Self {
            keys: (!everything).then(|| keys.into()),
            message: RoutingKey::new(),
        }
    }

    /// Whether this message is wanted.
    pub fn lets_through<M: Message>(&mut self, message: &M) -> bool {
        let Some(keys) = &self.keys else {
            return true;
        };
        self.message.clear();
        message.write_key(&mut self.message);
        keys.iter().any(|key| key.matches(&self.message))
    }
}
