//! The codec of what is encoded already.

use bytes::{Bytes, BytesMut};

use super::{RawCommand, RawEvent};
use crate::message::{Codec, DecodeError, EncodeError};

/// The codec of what is encoded already: it copies. The number that travels is that of the
/// message's [`RawType`](super::RawType).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RawCodec {}

#[diagnostic::do_not_recommend]
impl<T: AlreadyEncoded> Codec<T> for RawCodec {
    const ID: u8 = 0;

    fn encoded_len(value: &T) -> usize {
        value.bytes().len()
    }

    fn encode(value: &T, out: &mut BytesMut) -> Result<(), EncodeError> {
        out.extend_from_slice(value.bytes());
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<T, DecodeError> {
        T::of_bytes(bytes)
    }
}

/// What is bytes, whatever they mean.
pub trait AlreadyEncoded: Sized {
    /// The bytes.
    fn bytes(&self) -> &[u8];

    /// From bytes that travelled.
    fn of_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let _ = bytes;
        Err(DecodeError::new("bytes alone do not say their type"))
    }
}

impl AlreadyEncoded for RawCommand {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl AlreadyEncoded for RawEvent {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A reply.
impl AlreadyEncoded for Bytes {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self::copy_from_slice(bytes))
    }
}

/// The reply of an event, and of nobody.
impl AlreadyEncoded for () {
    fn bytes(&self) -> &[u8] {
        &[]
    }

    fn of_bytes(_: &[u8]) -> Result<Self, DecodeError> {
        Ok(())
    }
}
