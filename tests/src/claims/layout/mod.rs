//! The claim that the tree is laid out as `ARCHITECTURE.md` says.
//!
//! Every rule is a function from a [`SourceTree`] to the [`Violation`]s it finds, so that each is
//! tested against a small tree with a fault planted in it.
//!
//! | module | rules |
//! | --- | --- |
//! | [`floors`] | a file of `core` imports from lower floors only, and the table in its `lib.rs` agrees |
//! | [`file_shape`] | files of at most 500 lines that open with `//!`, functions of at most 70, no `unsafe` |
//! | [`exclusive`] | some crates and some words belong to few folders |
//! | [`manifests`] | dependencies stay where they belong, lints are the workspace's |
//! | [`quotes`] | Rust in Markdown is a file of this tree, word for word |

pub mod exclusive;
pub mod file_shape;
pub mod floors;
mod layout_claim;
pub mod manifests;
mod path_scan;
pub mod promises;
pub mod quotes;
mod source_tree;
mod violation;

pub use layout_claim::Layout;
pub use path_scan::{Mention, mentions};
pub use source_tree::SourceTree;
pub use violation::Violation;
