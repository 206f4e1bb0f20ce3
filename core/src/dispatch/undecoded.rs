//! An event of a type that is known at run time only, as a handler gets it.

use bytes::Bytes;

use super::{Delivery, Failure, Filter, Input, Returns, Single};
use crate::message::raw::{AlreadyEncoded, RawCodec};
use crate::message::{DecodeError, Message, MessageKind, Untyped};

/// An event as it travelled: the first argument of a handler that is given to
/// [`Bus::subscribe_raw`](crate::Bus::subscribe_raw), whatever its codec.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Undecoded {
    /// What its codec made of it.
    pub bytes: Bytes,
}

impl Message for Undecoded {
    const NAME: &'static str = "quibus.Undecoded";
    const KIND: MessageKind = MessageKind::Event;
    const ROUTED: bool = false;
    type Codec = RawCodec;
    type Reply = ();
    type Error = Untyped;
}

impl Input for Undecoded {
    type Message = Self;
    type Mode = Single;
    type This = Self;

    fn take(delivery: &mut Delivery<'_>) -> Result<Self, DecodeError> {
        delivery.take_message()
    }

    /// What it is routed by is in the bytes: that it came here is all that is known.
    fn is_wanted(&self, _: &mut Filter) -> bool {
        true
    }
}

impl Returns<Undecoded> for () {
    fn into_outcome(self) -> Result<Self, Failure<Untyped>> {
        Ok(())
    }
}

/// It never is encoded: it does not say its type.
impl AlreadyEncoded for Undecoded {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let bytes = Bytes::copy_from_slice(bytes);
        Ok(Self { bytes })
    }
}
