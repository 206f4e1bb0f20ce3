//! Where programs meet what is wrong.
//!
//! A [`Case`] is something that people get wrong, told as a paragraph of a [`Table`]: a program with
//! its arguments, what lies about in its folder, and what has to come of it. [`Ground`] is where that
//! happens: a folder with [`certificates`] of every wrong kind, directories and a service that run,
//! and addresses at which something else is. What a program says is judged by whoever asked.

mod case;
mod certificates;
mod ground;
mod table;

pub use case::Case;
pub use ground::Ground;
pub use table::Table;
