//! The claim that the released programs need nothing but a kernel.
//!
//! `.ci/release` builds them. Each is then looked at ([`Linkage`]: does it ask for a loader or a
//! library?), weighed, and run in a root folder in which it is the only file.

mod empty_root;
mod linkage;
mod static_claim;

pub use empty_root::EmptyRoot;
pub use linkage::Linkage;
pub use static_claim::Static;
