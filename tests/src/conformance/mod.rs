//! Behaviour vectors: language-neutral cases run against the real types.
//!
//! The cases describe Zebus, the bus that Quibus succeeds. `vectors/README.md` says where they are
//! from. The runner interprets the *schema*: any file of it can be put below a folder. What it does
//! not know, a kind, an op or a field, is a failure, never a skip.
//!
//! A case becomes a question to the real types (`kinds`), whose answer is compared with what the
//! case expects. Where Quibus differs on purpose, a rule of `vectors/deviations.toml` says under
//! which *condition* on the input, by which promise, and what is expected instead; that is then
//! what the answer is compared with. A [`Report`] counts and prints.

mod condition;
mod deviations;
mod instead;
mod key_kinds;
mod kinds;
mod match_kinds;
mod naive_tree;
mod notation;
mod report;
mod subscription_kinds;
mod tree_kind;
mod tree_under_test;
mod vectors;
mod verdict;

pub use deviations::Deviations;
pub use report::Report;
