//! How values become bytes.

use std::fmt;

use bytes::{Bytes, BytesMut};

/// Makes bytes of `T`s and back.
///
/// A codec is a type of its own, not the message: so `Prost` and a codec of yours never overlap,
/// and `#[quibus(codec = …)]` chooses between them.
#[diagnostic::on_unimplemented(
    message = "`{T}` cannot travel with the codec `{Self}`",
    label = "`{Self}` cannot encode this",
    note = "the default codec takes what derives `prost::Message`; for what derives serde's \
            `Serialize` and `Deserialize` write `#[quibus(codec = quibus::Bincode)]`"
)]
pub trait Codec<T> {
    /// The number that travels with the message, so that a receiver with another codec refuses it
    /// instead of reading nonsense. 1 is prost, 2 is bincode; your own take numbers from 128.
    const ID: u8;

    /// How many bytes [`encode`](Self::encode) appends: exactly, because it is written before
    /// them.
    fn encoded_len(value: &T) -> usize;

    /// Appends `value` to `out`.
    ///
    /// It runs while the message's lane is locked, so that what it writes goes straight into that:
    /// it must neither send nor publish, nor wait for a thread that does.
    fn encode(value: &T, out: &mut BytesMut) -> Result<(), EncodeError>;

    /// Reads a value from all of `bytes`; what follows its end is an error.
    fn decode(bytes: &[u8]) -> Result<T, DecodeError>;

    /// The same from bytes that the value may go on sharing instead of copying them. Called for
    /// messages of 16 KiB and more. What is shared keeps all of a message's memory: so share what
    /// is a good part of it.
    fn decode_shared(bytes: &Bytes) -> Result<T, DecodeError> {
        Self::decode(bytes)
    }
}

/// Bytes of a message, and of a field of it, from which on to share them is worth what it costs: two
/// counts of references that processors pass to each other, and the memory beside them.
pub(crate) const SHARED_FROM: usize = 16 << 10;

/// Reads a value from `bytes`, which lie `within` others; so many that sharing them is worth it may
/// stay there.
#[inline]
pub(crate) fn decode_within<T, C: Codec<T>>(
    bytes: &[u8],
    within: &Bytes,
) -> Result<T, DecodeError> {
    match bytes.len() < SHARED_FROM {
        true => C::decode(bytes),
        false => C::decode_shared(&within.slice_ref(bytes)),
    }
}

/// The number of a codec, with the name that people know it by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodecNumber(pub(crate) u8);

impl fmt::Display for CodecNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number) = self;
        match number {
            1 => f.write_str("codec 1 (protobuf)"),
            2 => f.write_str("codec 2 (bincode)"),
            _ => write!(f, "codec {number}"),
        }
    }
}

/// A value that its codec cannot encode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the value cannot be encoded: {reason}")]
pub struct EncodeError {
    reason: String,
}

impl EncodeError {
    /// An error that gives the codec's reason.
    pub fn new(reason: impl fmt::Display) -> Self {
        let reason = reason.to_string();
        Self { reason }
    }
}

/// Bytes that are no value of the expected type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the bytes cannot be decoded: {reason}")]
pub struct DecodeError {
    reason: String,
}

impl DecodeError {
    /// An error that gives the codec's reason.
    pub fn new(reason: impl fmt::Display) -> Self {
        let reason = reason.to_string();
        Self { reason }
    }
}
