//! The claim that `docs/first-ten-minutes.md` is true.
//!
//! The document is read as a script: every block of `sh` is typed, in its order, against the real
//! programs, and what they print is compared with the block of `text` that follows. [`Document`] says
//! how the document tells what keeps running, what is printed later and what is stopped; a new verb
//! joins by a block in the document.

mod document;
mod first_ten_minutes_claim;
mod pattern;
mod stage;

pub use document::{Document, Step};
pub use first_ten_minutes_claim::FirstTenMinutes;
