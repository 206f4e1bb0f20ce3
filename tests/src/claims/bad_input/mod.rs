//! The claim that wrong input is answered, never suffered.
//!
//! Each `Case` is something that people get wrong: a certificate, a file of
//! settings, an argument, an address, a payload, a port, permissions. It is a paragraph of one of the
//! tables in `tables/`, with the program that meets it and what has to come of it: the exit code, and
//! a complaint that names the culprit and the cure. What a program says is judged, which
//! also refuses panics and hangs.

mod bad_input_claim;
mod judge;
mod part;

pub use bad_input_claim::BadInput;
