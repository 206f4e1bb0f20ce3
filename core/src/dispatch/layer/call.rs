//! What a layer gets: one message on its way into its handler.

use std::fmt;
use std::future::ready;

use bytes::Bytes;
use tokio::time::Instant;

use super::super::{Delivery, Sender, StartError};
use super::outcome::Outcome;
use super::prepare::Prepare;
use crate::id::MessageId;
use crate::message::HeaderView;
use crate::transport::BoxFuture;

/// One message on its way into its handler. Dropping it is not handling it.
pub struct Call {
    message_type: &'static str,
    id: MessageId,
    sender: Sender,
    headers: Bytes,
    deadline: Option<Instant>,
    handling: BoxFuture<'static, Outcome>,
}

impl Call {
    /// Takes the message. What is wrong with it is an outcome, which layers see like any other.
    pub(super) fn prepare(
        message_type: &'static str,
        preparer: &mut dyn Prepare,
        delivery: &mut Delivery<'_>,
    ) -> Result<Self, StartError> {
        let (id, deadline) = (delivery.id, delivery.deadline);
        let sender = delivery.sender.clone();
        let headers = Bytes::copy_from_slice(delivery.headers.as_bytes());
        let handling = match preparer.prepare(delivery) {
            Ok(handling) => handling,
            Err(StartError::Unwanted) => return Err(StartError::Unwanted),
            Err(StartError::Undecodable(text)) => Box::pin(ready(Outcome::Undecodable(text))),
            Err(StartError::Rejected(text)) => Box::pin(ready(Outcome::Failed(text))),
        };
        Ok(Self {
            message_type,
            id,
            sender,
            headers,
            deadline,
            handling,
        })
    }

    /// The stable name of the message's type.
    pub fn message_type(&self) -> &'static str {
        self.message_type
    }

    /// The message's id.
    pub fn message_id(&self) -> MessageId {
        self.id
    }

    /// Who sent it.
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// The value of one header.
    pub fn header(&self, name: &str) -> Option<&str> {
        HeaderView::new(&self.headers).ok()?.get(name)
    }

    /// Until when the sender of a command awaits its outcome; `None` for an event.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    pub(super) fn into_handling(self) -> BoxFuture<'static, Outcome> {
        self.handling
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("message_type", &self.message_type)
            .field("id", &self.id)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}
