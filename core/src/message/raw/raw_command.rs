//! An encoded command of a type that is known at run time only.

use bytes::Bytes;

use super::{RawCodec, RawError, RawType};
use crate::binding::RoutingKey;
use crate::message::{Command, Message, MessageKind, TypeFacts};

/// An encoded command of a type that is known at run time only; it is sent like any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawCommand {
    of: RawType,
    key: RoutingKey,
    pub(super) bytes: Bytes,
}

impl RawCommand {
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

impl Message for RawCommand {
    const NAME: &'static str = "quibus.RawCommand";
    const KIND: MessageKind = MessageKind::Command;
    const ROUTED: bool = false;
    type Codec = RawCodec;
    type Reply = Bytes;
    type Error = RawError;

    fn write_key(&self, key: &mut RoutingKey) {
        key.clone_from(&self.key);
    }

    fn facts(&self) -> TypeFacts {
        self.of.facts()
    }
}

impl Command for RawCommand {}
