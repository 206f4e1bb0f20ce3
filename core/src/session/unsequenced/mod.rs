//! Unsequenced lanes: for what must neither wait nor be sent again (R13).
//!
//! A command in one is written on the link in use or not at all, and its sender hears of its
//! outcome, of its deadline or of the end of its link, whichever comes first. Pure, as all of
//! `session`: [`Unsequenced`] is what one side knows of such lanes to one peer, [`UnsequencedReader`]
//! the reading end of one stream.

mod frames;
mod queue;
mod reader;
mod sender;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use frames::{
    command as unsequenced_command, opening as unsequenced_opening, outcome as unsequenced_outcome,
};
pub(crate) use reader::{UnsequencedRead, UnsequencedReader};
pub(crate) use sender::{Call, NotAsked, Unsequenced};
