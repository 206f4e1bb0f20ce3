//! Whole-system tests of Quibus: the claims that `prove` proves, and the behaviour vectors that
//! `cargo test --test conformance` runs against the real types.

pub mod claims;
pub mod conformance;
