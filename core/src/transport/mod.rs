//! The contract between the bus and a network: authenticated links that carry ordered lanes.
//!
//! A transport knows addresses, certificates and bytes. It knows nothing of frames, sequence
//! numbers, credit or resending: everything that decides delivery lives above, so that every
//! transport runs the very same sessions. What it owes:
//!
//! - A [`Link`] comes into being only after both sides have proved who they are; [`Link::remote`]
//!   says who the other is. A dial that meets somebody else than it expected fails.
//! - Lanes are byte streams: what is read is a prefix of what was written, in order, nothing
//!   invented. No order holds between two lanes. A link may break after any byte.
//! - The other side's end of a link is noticed on this side, sooner or later, by
//!   [`Link::closed`], by reading and by writing; after that the link stays ended.
//! - A lane that stalls stalls no other lane, while no more than 1 MiB of it is unread, or 1 MiB
//!   and what [`Link::leave_unread`] said. The bus reads its lanes as they come; only bodies are
//!   ever left unread, and credit keeps these below.
//!
//! The hot path has no queue of messages: the bus encodes frames into a buffer of its own, and the
//! transport's writer pulls whole batches out of it ([`Outgoing::poll_take`]). One `write` per
//! batch instead of one per message is worth a factor of 32 on QUIC.

mod error;
mod link;
#[cfg(any(test, feature = "testing"))]
pub mod suite;
mod transport;

pub use crate::session::{MemoryBudget, Part};
pub use crate::wire::CloseReason;
pub use error::{BindError, DialError, LinkEnd};
pub use link::{Incoming, Link, Outgoing, Priority, Remote};
pub use transport::{Bound, Expected, Transport};

/// A boxed future that may cross threads; used where the contract must be object-safe, never per
/// message.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
