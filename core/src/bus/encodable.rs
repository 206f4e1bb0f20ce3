//! A message without its type.
//!
//! What is not hot takes messages so, and is compiled once: written for each type anew, a command's
//! way to another peer off the usual one had 17 KB, and a directory's client alone has twenty types.

use bytes::BytesMut;

use super::inner::wire_type;
use crate::message::{Codec, Message};
use crate::session::WireType;

/// A message whose type is not known.
pub(super) trait Encodable {
    fn wire_type(&self) -> WireType;

    /// How many bytes [`encode`](Self::encode) writes.
    fn encoded_len(&self) -> usize;

    /// Appends it, or returns what its codec said.
    fn encode(&self, out: &mut BytesMut) -> Result<(), String>;
}

impl<M: Message> Encodable for M {
    fn wire_type(&self) -> WireType {
        wire_type(self)
    }

    fn encoded_len(&self) -> usize {
        <M::Codec as Codec<M>>::encoded_len(self)
    }

    fn encode(&self, out: &mut BytesMut) -> Result<(), String> {
        <M::Codec as Codec<M>>::encode(self, out).map_err(|error| error.to_string())
    }
}
