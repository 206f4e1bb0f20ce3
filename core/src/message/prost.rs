//! The default codec: protobuf.

use bytes::{Buf, Bytes, BytesMut};

use super::{Codec, DecodeError, EncodeError};

/// Protobuf through prost: other languages can read it, and fields may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Prost {}

#[diagnostic::do_not_recommend]
impl<T: ::prost::Message + Default> Codec<T> for Prost {
    const ID: u8 = 1;

    fn encoded_len(value: &T) -> usize {
        value.encoded_len()
    }

    fn encode(value: &T, out: &mut BytesMut) -> Result<(), EncodeError> {
        // Not `encode`: that asks for the length once more, to find that a growable buffer has
        // room. Whoever calls this has asked already, and checks what was written.
        value.encode_raw(out);
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<T, DecodeError> {
        T::decode(Input(bytes)).map_err(DecodeError::new)
    }
}

/// Bytes as prost reads them. What a plain slice gives out as [`Bytes`] goes through a buffer that
/// could grow, which takes as long as all the rest of reading a message of 128 bytes; this copies.
struct Input<'a>(&'a [u8]);

impl Buf for Input<'_> {
    #[inline]
    fn remaining(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn chunk(&self) -> &[u8] {
        self.0
    }

    #[inline]
    fn advance(&mut self, count: usize) {
        self.0.advance(count);
    }

    #[inline]
    fn copy_to_slice(&mut self, to: &mut [u8]) {
        self.0.copy_to_slice(to);
    }

    /// As everywhere in [`Buf`], who asks for more than there is panics; prost looks first.
    #[inline]
    fn copy_to_bytes(&mut self, len: usize) -> Bytes {
        let (taken, rest) = self.0.split_at(len);
        self.0 = rest;
        Bytes::copy_from_slice(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, PartialEq, ::prost::Message)]
    struct Line {
        #[prost(string, tag = "1")]
        sku: String,
        #[prost(int64, repeated, tag = "2")]
        counts: Vec<i64>,
        #[prost(bytes = "bytes", tag = "3")]
        stamp: Bytes,
        #[prost(bytes = "vec", repeated, tag = "4")]
        seals: Vec<Vec<u8>>,
    }

    proptest! {
        #[test]
        fn a_value_survives_and_its_length_is_exact(
            sku: String,
            counts: Vec<i64>,
            stamp: Vec<u8>,
            seals: Vec<Vec<u8>>,
        ) {
            let stamp = stamp.into();
            let line = Line { sku, counts, stamp, seals };
            let mut out = BytesMut::from(&b"head"[..]);
            Prost::encode(&line, &mut out).unwrap();
            prop_assert_eq!(out.len(), 4 + <Prost as Codec<Line>>::encoded_len(&line));
            let back: Line = Prost::decode(&out[4..]).unwrap();
            prop_assert_eq!(back, line);
        }
    }

    #[test]
    fn bytes_that_end_before_their_field_does_are_refused() {
        let stamp = Bytes::from_static(b"0123456789");
        let line = Line {
            stamp,
            ..Line::default()
        };
        let mut out = BytesMut::new();
        Prost::encode(&line, &mut out).unwrap();
        for len in 1..out.len() {
            let read: Result<Line, _> = Prost::decode(&out[..len]);
            assert!(read.is_err(), "{len} bytes");
        }
    }

    #[test]
    fn what_follows_the_end_is_refused() {
        let mut out = BytesMut::new();
        Prost::encode(&"tea".to_owned(), &mut out).unwrap();
        out.extend_from_slice(&[0]);
        let read: Result<String, _> = Prost::decode(&out);
        assert!(read.is_err());
    }
}
