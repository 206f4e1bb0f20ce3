//! Whole-system tests of Quibus: the claims that `prove` proves, the behaviour vectors that
//! `cargo test --test conformance` runs against the real types, and the worlds that a test can run
//! in over any transport.

pub mod claims;
pub mod conformance;
pub mod worlds;
