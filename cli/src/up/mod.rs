//! `quibus up`: a development bus in the foreground.
//!
//! A [`Home`] is a folder with a CA and the certificates of those who belong to the bus itself;
//! what is missing in it or about to end is made, so that starting again is all it takes. [`Up`]
//! prepares it, starts a directory, writes the context by which services and this tool find all
//! that, and waits.

mod home;
mod prepared;
mod run;
mod typed_up;

pub use home::Home;
pub use prepared::{Made, Prepared};
pub use run::Up;
pub use typed_up::TypedUp;
