//! An encoded event of a type that is known at run time only.

use bytes::Bytes;

use super::{RawCodec, RawType};
use crate::binding::RoutingKey;
use crate::message::{Event, Message, MessageKind, TypeFacts, Untyped};

/// An encoded event of a type that is known at run time only; it is published like any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEvent {
    of: RawType,
    key: RoutingKey,
    pub(super) bytes: Bytes,
}

impl RawEvent {
    /// Bytes that are a message of the type `of`. Without a key it goes to all who want anything
    /// of its type, as a message without routing fields does; a handler that knows the type still
    /// takes only what it asked for.
    pub fn new(of: RawType, bytes: impl Into<Bytes>) -> Self {
        Self {
            of,
            key: RoutingKey::new(),
            bytes: bytes.into(),
        }
    }

    /// Is routed by these values: those of the type's routing fields, in their order.
    #[must_use]
    pub fn routed_by(mut self, key: RoutingKey) -> Self {
        self.key = key;
        self
    }
}

impl Message for RawEvent {
    const NAME: &'static str = "quibus.RawEvent";
    const KIND: MessageKind = MessageKind::Event;
    const ROUTED: bool = false;
    type Codec = RawCodec;
    type Reply = ();
    type Error = Untyped;

    fn write_key(&self, key: &mut RoutingKey) {
        key.clone_from(&self.key);
    }

    fn facts(&self) -> TypeFacts {
        self.of.facts()
    }
}

impl Event for RawEvent {}
