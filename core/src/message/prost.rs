//! The default codec: protobuf.

use bytes::{Buf, Bytes, BytesMut};

use super::codec::SHARED_FROM;
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

    fn decode_shared(bytes: &Bytes) -> Result<T, DecodeError> {
        T::decode(SharedInput::new(bytes)).map_err(DecodeError::new)
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

/// The same where what is given out as [`Bytes`] may be shared. What is less than a quarter of the
/// message is copied all the same: whoever keeps a key of 20 bytes must not keep the 4 MiB that it
/// came in.
struct SharedInput {
    rest: Bytes,
    worth_sharing: usize,
}

impl SharedInput {
    fn new(bytes: &Bytes) -> Self {
        Self {
            rest: bytes.clone(),
            worth_sharing: SHARED_FROM.max(bytes.len() / 4),
        }
    }
}

impl Buf for SharedInput {
    #[inline]
    fn remaining(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    fn chunk(&self) -> &[u8] {
        &self.rest
    }

    #[inline]
    fn advance(&mut self, count: usize) {
        self.rest.advance(count);
    }

    fn copy_to_bytes(&mut self, len: usize) -> Bytes {
        if len >= self.worth_sharing {
            return self.rest.split_to(len);
        }
        let copy = Bytes::copy_from_slice(&self.rest[..len]);
        self.rest.advance(len);
        copy
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

    /// Whether the bytes of `part` lie where those of `whole` do.
    fn shares(whole: &Bytes, part: &[u8]) -> bool {
        whole.as_ptr_range().contains(&part.as_ptr())
    }

    #[test]
    fn a_field_shares_its_message_if_it_is_long_and_a_quarter_of_it() {
        let long = SHARED_FROM;
        for (len, other, shared) in [
            (long - 1, 0, false),
            (long, 2 * long, true),
            (long, 3 * long, false),
        ] {
            let line = Line {
                sku: "tea".into(),
                stamp: vec![7; len].into(),
                seals: vec![vec![8; other]],
                ..Line::default()
            };
            let mut out = BytesMut::new();
            Prost::encode(&line, &mut out).unwrap();
            let out = out.freeze();
            let back: Line = Prost::decode_shared(&out).unwrap();
            assert_eq!(back, line);
            assert_eq!(shares(&out, &back.stamp), shared, "{len} bytes");
            assert!(!shares(&out, &back.seals[0]));
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
            let shared = Bytes::copy_from_slice(&out[..len]);
            let read: Result<Line, _> = Prost::decode_shared(&shared);
            assert!(read.is_err(), "{len} shared bytes");
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
