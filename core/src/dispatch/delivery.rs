//! What a handler starts from.

use std::any::Any;

use tokio::time::Instant;

use super::{Sender, States};
use crate::id::MessageId;
use crate::message::{Codec, DecodeError, HeaderError, HeaderView, Headers, Message};

/// One message on its way into one handler, with everything an extractor may ask for.
#[derive(Debug)]
pub struct Delivery<'a> {
    pub(crate) body: Body<'a>,
    pub(crate) id: MessageId,
    pub(crate) sender: &'a Sender,
    pub(crate) headers: HeaderView<'a>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) states: &'a States,
}

/// The message itself.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    /// As it travelled.
    Encoded(&'a [u8]),
    /// The value itself, from this process.
    Local(Box<dyn Any + Send>),
}

impl<'a> Delivery<'a> {
    /// The message's id.
    pub fn message_id(&self) -> MessageId {
        self.id
    }

    /// Who sent it.
    pub fn sender(&self) -> &'a Sender {
        self.sender
    }

    /// The value of one header.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)
    }

    /// All headers; an error if what travelled is none.
    pub fn headers(&self) -> Result<Headers, HeaderError> {
        self.headers.to_headers()
    }

    /// Until when the sender of a command awaits its outcome; `None` for an event.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The state of this type that was given with `.state(…)`.
    pub fn state<T: Any>(&self) -> Option<&'a T> {
        self.states.get()
    }

    /// Takes the message, once; called by what the derives write.
    #[doc(hidden)]
    pub fn take_message<M: Message>(&mut self) -> Result<M, DecodeError> {
        match &mut self.body {
            Body::Encoded(bytes) => M::Codec::decode(bytes),
            Body::Local(value) => match std::mem::replace(value, Box::new(())).downcast() {
                Ok(message) => Ok(*message),
                Err(_) => Err(DecodeError::new(format_args!(
                    "the value handed over in this process is no {}",
                    M::NAME
                ))),
            },
        }
    }
}
