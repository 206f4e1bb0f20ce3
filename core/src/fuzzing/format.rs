//! A format in which others send us bytes.

use std::fmt::Debug;

use bytes::Bytes;

/// A format in which others send us bytes: how they are read, and how we write them.
pub trait Format {
    /// What was read.
    type Value: PartialEq + Debug;

    /// The name in reports, `family/name`.
    const NAME: &'static str;

    /// Bytes that may be held at the peak for each byte of an input, beside 64 KiB.
    const FACTOR: u64 = 16;

    /// Reads all of `bytes`, as the product does; `None`: refused.
    fn decode(bytes: &Bytes) -> Option<Self::Value>;

    /// Writes a value as the product does.
    fn encode(value: &Self::Value) -> Vec<u8>;

    /// Whether bytes may follow this value because they belong to it: a payload, or the rest of a
    /// kind that only a newer version knows.
    fn is_open(_value: &Self::Value) -> bool {
        false
    }

    /// Valid inputs, the same in each run.
    fn samples() -> Vec<Vec<u8>>;

    /// Inputs that make the decoder hold as much memory as possible for each byte of them.
    fn densest() -> Vec<Vec<u8>> {
        Vec::new()
    }
}
