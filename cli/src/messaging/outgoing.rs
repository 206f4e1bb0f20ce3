//! A message to be sent or published.

use bytes::Bytes;
use quibus::Bus;
use quibus::binding::RoutingKey;
use quibus::message::MessageKind;

use super::catalogue::Catalogue;
use super::payload::Payload;
use super::routing::typed_key;
use super::subject::Subject;
use super::typed_messaging::TypedMessage;
use crate::complaint::Complaint;

/// A message to be sent or published, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its type.
    pub message_type: String,
    /// What it says.
    pub payload: Payload,
    /// What it is routed by, if not by what is in it.
    pub route: Option<RoutingKey>,
    /// What travels with it.
    pub headers: Vec<(String, String)>,
}

impl Outgoing {
    /// What was typed means this.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn new(typed: &TypedMessage) -> Result<Self, Complaint> {
        Ok(Self {
            message_type: typed.message_type.clone(),
            payload: Payload::read(typed)?,
            route: typed.route.as_deref().map(typed_key).transpose()?,
            headers: typed.header.clone(),
        })
    }

    /// Its type, which has to be of this kind; the encoded message, and what routes it.
    ///
    /// # Errors
    /// If there is no such type, or this is no message of it.
    pub(super) async fn prepare(
        &self,
        bus: &Bus,
        kind: MessageKind,
    ) -> Result<(Subject, Bytes, RoutingKey), Complaint> {
        let raw = matches!(self.payload, Payload::Raw(_));
        let catalogue = Catalogue::load(bus).await?;
        let subject = catalogue.get(bus, &self.message_type, raw).await?;
        subject.be(kind)?;
        subject.say_notes();
        let (bytes, key) = subject.encode(&self.payload, self.route.as_ref())?;
        Ok((subject, bytes, key))
    }
}
