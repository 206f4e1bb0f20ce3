//! The claim that the workspace builds with rustc and a linker driver, and nothing else.
//!
//! The build runs behind a [`Fence`]: a path on which only Cargo, rustc and a `cc` stand that
//! links and refuses to compile; every other tool that builds native code is a program that notes
//! the call and fails. That the fence holds is shown by a build that must fail behind it, the one
//! with the feature `ring`.
//!
//! What Cargo would build is looked at, too: none of the [`BANNED`] crates may be in the tree of
//! normal and build dependencies.

mod crate_tree;
mod fence;
mod no_c_claim;

pub use crate_tree::{BANNED, banned_in};
pub use fence::{Calls, Fence};
pub use no_c_claim::NoC;
