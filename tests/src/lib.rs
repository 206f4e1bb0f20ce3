//! Whole-system tests of Quibus: the claims that `prove` proves, the behaviour vectors that
//! `cargo test --test conformance` runs against the real types, histories of deliveries with their
//! judge, and the worlds that a test can run in over any transport.

pub mod claims;
pub mod conformance;
pub mod history;
pub mod worlds;
