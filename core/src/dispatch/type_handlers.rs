//! The handlers of one message type.

use std::any::TypeId;
use std::sync::Arc;

use super::erased_handler::ErasedHandler;
use super::no_place::NoPlace;
use super::queue::Queue;
use super::registered::Registered;
use crate::message::Message;

/// The handlers of one message type.
#[derive(Debug, Clone)]
pub(crate) struct TypeHandlers {
    pub(crate) command: bool,
    /// The codec that the handlers read; `None`: all of them take the bytes of any.
    pub(super) codec: Option<u8>,
    pub(crate) handlers: Vec<Arc<Registered>>,
}

impl TypeHandlers {
    /// Whether messages of this kind, in this codec, are for them.
    pub(crate) fn read(&self, command: bool, codec: u8) -> bool {
        self.command == command && self.codec.is_none_or(|known| known == codec)
    }

    /// Whether the messages of all of them are `M`s.
    pub(crate) fn know<M: Message>(&self) -> bool {
        let mut handlers = self.handlers.iter();
        handlers.all(|known| known.handler.message_type_id() == TypeId::of::<M>())
    }

    /// Whether one alone takes messages of this process, and as the `M`s that they are.
    pub(crate) fn take_values_of<M: Message>(&self) -> bool {
        self.handlers.len() == 1 && self.know::<M>()
    }

    /// Whether another may join them (promise 22).
    pub(super) fn leave_place_for(&self, handler: &dyn ErasedHandler) -> Result<(), NoPlace> {
        let name = handler.message_type();
        if self.command != handler.is_command() {
            return Err(NoPlace::OtherKind(name));
        }
        match self.command && !handler.reply_is_unit() {
            true => Err(NoPlace::Twin(name)),
            false => Ok(()),
        }
    }

    /// The first queue among those of the handlers that has no room.
    pub(crate) fn full_queue(&self) -> Option<&Arc<Queue>> {
        let mut queues = self.handlers.iter().map(|handler| &handler.queue);
        queues.find(|queue| queue.is_full())
    }

    /// Whether events of this process are skipped because one of the queues is slow.
    pub(crate) fn is_slow(&self) -> bool {
        self.handlers.iter().any(|handler| handler.queue.is_slow())
    }
}
