//! The codec for serde types: bincode, between Rust programs.
//!
//! Writing is bincode's own. Reading takes its numbers and texts and has a
//! [`Deserializer`](serde_core::Deserializer) of its own around them, because bytes come from
//! others: bincode's reserves what a length claims before anything is there for it, follows
//! nesting until the stack ends, and counts to 2^64 for a list whose elements take no bytes.
//!
//! | module | what it settles |
//! | --- | --- |
//! | `codec` | the codec, and how a value is written |
//! | `input` | what is left of the bytes |
//! | `values` | reading values, and the limits of that |
//! | `parts` | reading the parts of lists, maps and enums |

mod codec;
mod input;
mod parts;
#[cfg(test)]
mod tests;
mod values;

pub use codec::Bincode;
