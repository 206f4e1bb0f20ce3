//! One authenticated connection and the lanes on it.

use std::fmt;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::{BoxFuture, CloseReason, LinkEnd};
use crate::id::Identity;
use crate::session::MemoryBudget;

/// One authenticated connection between two peers, used both ways.
///
/// Dropping the last handle closes it with [`CloseReason::Done`].
pub trait Link: Send + Sync + fmt::Debug + 'static {
    /// Who is on the other side.
    fn remote(&self) -> &Remote;

    /// Opens a lane towards the other side; the transport pulls its bytes out of `outgoing` until
    /// that ends or the link does. Never waits.
    ///
    /// Each side opens [`Priority::CONTROL`] exactly once and before any other lane.
    fn open(&self, priority: Priority, outgoing: Box<dyn Outgoing>);

    /// The next lane that the other side opened; its control lane is the first.
    fn accept(&self) -> BoxFuture<'_, Result<Box<dyn Incoming>, LinkEnd>>;

    /// Ends the link now, abandoning what is on its way. The other side reads `reason`. Ending an
    /// ended link changes nothing.
    fn close(&self, reason: CloseReason);

    /// Looks after what may be in flight on the link, a few times a second for as long as it lives:
    /// what it wants to hold beyond [`Transport::link_bytes`](super::Transport::link_bytes) it
    /// takes out of `budget`.
    fn review(&self, budget: &MemoryBudget) {
        let _ = budget;
    }

    /// Waits until the link has ended, whoever ended it.
    fn closed(&self) -> BoxFuture<'_, LinkEnd>;

    /// Somebody who told the bus to leave `before` bytes unread beyond the 1 MiB of the contract,
    /// nothing at first, may leave `after` instead. A transport whose lanes share a window makes
    /// it wider or narrower by as much, or up to twice that, so that what nobody reads holds up
    /// no other lane. The bytes are counted in the budget already. A link that has ended ignores it.
    fn leave_unread(&self, before: u64, after: u64) {
        let _ = (before, after);
    }
}

/// Where the bytes of a lane come from: implemented by the bus, pulled by the transport's writer.
pub trait Outgoing: Send + 'static {
    /// Appends the chunks to write next to `chunks` and returns `true`, or returns `false` when
    /// the lane has ended on this link: the transport then abandons it (a reset, not a clean end,
    /// so that an unfinished frame can't be taken for a whole one).
    ///
    /// After `Pending` the waker of `context` is woken when there is something to take.
    fn poll_take(&mut self, context: &mut Context<'_>, chunks: &mut Vec<Bytes>) -> Poll<bool>;
}

/// The bytes of a lane that the other side opened: implemented by the transport.
pub trait Incoming: Send + 'static {
    /// Appends at least one non-empty chunk to `chunks`, or says how the lane ended.
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        chunks: &mut Vec<Bytes>,
    ) -> Poll<Result<(), LinkEnd>>;
}

/// Which lane goes first when several have something to write: greater numbers win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(pub i32);

impl Priority {
    /// Hello, acknowledgements, pings, goodbyes.
    pub const CONTROL: Self = Self(100);
    /// Directory traffic.
    pub const INFRASTRUCTURE: Self = Self(80);
    /// Outcomes of commands: they free what others wait for.
    pub const OUTCOMES: Self = Self(60);
    /// Application messages.
    pub const APPLICATION: Self = Self(40);
    /// Bodies: they are long, and no lane waits for one.
    pub const BODY: Self = Self(20);
    /// The application's lane `bulk`: what may take its time.
    pub const BULK: Self = Self(10);
}

/// The other side of a link, as its certificate and its packets show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// What the certificate proves.
    pub identity: Identity,
    /// The environment (trust domain) of the certificate; a transport only ever links equals.
    pub environment: String,
    /// Where the packets come from; for people, never for decisions.
    pub address: String,
}
