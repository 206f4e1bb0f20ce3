//! The default codec: protobuf.

use bytes::BytesMut;

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
        T::decode(bytes).map_err(DecodeError::new)
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
    }

    proptest! {
        #[test]
        fn a_value_survives_and_its_length_is_exact(sku: String, counts: Vec<i64>) {
            let line = Line { sku, counts };
            let mut out = BytesMut::from(&b"head"[..]);
            Prost::encode(&line, &mut out).unwrap();
            prop_assert_eq!(out.len(), 4 + <Prost as Codec<Line>>::encoded_len(&line));
            let back: Line = Prost::decode(&out[4..]).unwrap();
            prop_assert_eq!(back, line);
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
