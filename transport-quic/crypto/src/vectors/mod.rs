//! Proof that the packets are right: what RFC 9001 says that they have to be, bit by bit, and that
//! nothing else is taken for one.
//!
//! Everything runs for every provider of the build that works on this processor, and where it can
//! both for the keys that rustls gives and for those that quinn gets.
//!
//! | file | what it proves |
//! | --- | --- |
//! | `initial_packets` | RFC 9001 §A.1 to §A.3: keys, and packets with long headers |
//! | `short_header` | RFC 9001 §A.5: the keys of ChaCha20-Poly1305, and a packet of 21 bytes |
//! | `tampering` | a packet with one bit changed, or cut off, is no packet |
//! | `masks` | masking and unmasking: one undoes the other, or refuses |
//! | `rfc9001`, `hex` | the appendix, and how it is read |
//! | `every_suite`, `sealed_packet` | what is tried, and how quinn would do it |

mod every_suite;
mod hex;
mod initial_packets;
mod masks;
mod rfc9001;
mod sealed_packet;
mod short_header;
mod tampering;

pub(crate) use every_suite::{every_provider, every_suite};
pub(crate) use hex::hex;
pub(crate) use rfc9001::{CONNECTION_ID, RETRY_PACKET};
