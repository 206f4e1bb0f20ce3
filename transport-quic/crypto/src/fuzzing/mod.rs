//! What fuzzers attack here, and what attackers need.
//!
//! [`packet_decrypt`] takes bytes off the wire through every key of this crate. [`TlsAttacker`] is
//! a side of a handshake whose bytes can be garbled before they leave; the endpoint that it attacks
//! is for `quibus-quic` to set up.

mod deterministic;
mod packets;
mod tls_attacker;

pub use deterministic::{deterministic, restart};
pub use packets::{packet_decrypt, packet_samples};
pub use tls_attacker::{GarblesTls, TlsAttacker};
