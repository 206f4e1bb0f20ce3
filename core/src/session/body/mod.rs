//! Bodies: what is too large for a frame, in streams of their own (R12).
//!
//! A message that a body belongs to carries its number. Its reader asks for it with credit, and
//! the first credit opens the body's stream on the link it came on. Pure, as all of `session`:
//! [`BodiesOwed`] and [`BodiesWanted`] are what the two sides know of all bodies between them,
//! [`BodyWriter`] and [`BodyReader`] the two ends of one stream, [`BodyWindow`] how far the one may
//! be ahead of the other.

mod bodies_owed;
mod bodies_wanted;
mod body_reader;
mod body_window;
mod body_writer;
#[cfg(test)]
mod tests;

pub(crate) use bodies_owed::{Asked, BodiesOwed, Owed};
#[cfg(test)]
use bodies_wanted::MAX_OPEN;
pub(crate) use bodies_wanted::{Ask, BodiesWanted, Wanted};
pub(crate) use body_reader::{BodyPart, BodyReader, Opening, opening};
pub(crate) use body_window::BodyWindow;
pub(crate) use body_writer::BodyWriter;

/// Bytes of a body that may be on their way unread before its way has proved to be long.
pub(crate) const BODY_WINDOW: u64 = 128 << 10;
/// Bytes of a body that may be on their way unread at the most.
const WIDEST: u64 = 8 << 20;
