//! A format in which others send us bytes.

use std::fmt::Debug;

/// A format in which others send us bytes: how they are read, and how we write them.
pub trait Format {
    /// What was read.
    type Value: PartialEq + Debug;

    /// The name in reports, `family/name`.
    const NAME: &'static str;

    /// Reads all of `bytes`, as the product does; `None`: refused.
    fn decode(bytes: &[u8]) -> Option<Self::Value>;

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
