//! Whole-system tests of Quibus, and the claims that `prove` proves.

pub mod claims;
