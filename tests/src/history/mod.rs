//! What peers sent to each other and what became of it, as a history that is judged against the
//! promises.
//!
//! A test writes down what it asked of the bus and what it was told ([`Entry`]), in the order in
//! which it happened, and [`judge`] says what is wrong with that: a function of the history alone,
//! which believes no counter of the bus. It reads entry by entry and keeps little, so that ten
//! million messages are judged while they travel. A [`Recorder`] is the shared end that tasks
//! write to; it also hashes what is written, so that two runs can be compared.
//!
//! What a run of a receiver handles of a stream has to be one piece without a hole: a session
//! delivers exactly once and in order (promises 17 and 18). Where a receiver died, what it had not
//! acknowledged may be missing, and nothing is replayed (19). Where it stopped cleanly nothing may
//! (28). Every send has one outcome, and that is true (12).
//!
//! Commands may be missing anywhere, as their outcomes say. Their order is judged where it can be
//! seen ([`Manner`]): a lane orders what it accepts, and a queue of several slots starts in order
//! what its handlers then write down in any. Unsequenced commands (R13) have none. They may be
//! lost at any moment, also between two living runs, and are handled once at most; their outcomes
//! are as true as others'.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `entry` | the entries, and the names in them |
//! | `judge` | reads a history |
//! | `event_book`, `command_book` | what a stream's events and commands have come to |
//! | `lives` | who lived when, and who was frozen on purpose |
//! | `number_set` | handled numbers, as ranges |
//! | `verdict` | what is wrong, counted by kind |
//! | `recorder` | a history in the making, shared |

mod command_book;
mod entry;
mod event_book;
mod judge;
mod lives;
mod number_set;
mod recorder;
#[cfg(test)]
mod tests;
mod verdict;

pub use entry::{Entry, Manner, Run, Stream, Told};
pub use judge::{Judge, judge};
pub use recorder::Recorder;
pub use verdict::{Faults, Outcomes, Verdict};
