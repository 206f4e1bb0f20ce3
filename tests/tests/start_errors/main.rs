//! A bus that can't start says why, over real QUIC: within its time-out, with the culprit and the
//! cure in the text, and with nothing left behind.
//!
//! What only somebody without our API can show, on the wire, is refused in the transport's own
//! tests: no certificate at all, and one with two URI names
//! (`transport-quic/tests/transport/refusals.rs`).

mod addresses;
mod authorities;
mod certificates;
mod failed_start;
