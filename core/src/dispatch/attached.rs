//! The body that a command came with, on its way to the handler that takes it.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::work::Join;
use super::{Delivery, FromDelivery, Rejection};
use crate::message::Body;
use crate::peers::{IncomingBody, Peer};

/// How long the body of a message without a deadline may take to begin, and how long one of a
/// reply waits for its reader.
pub(crate) const BODY_WAITS: Duration = Duration::from_secs(30);

/// The body that a command came with.
#[derive(Debug)]
pub(crate) enum Attached<'a> {
    /// None: what its handler takes is empty.
    None,
    /// Off the wire.
    Wire(WireBody<'a>),
    /// From this process.
    Local(&'a Mutex<Option<Body>>),
    Taken,
}

/// What is known of a body off the wire before anybody asks for it.
#[derive(Debug)]
pub(crate) struct WireBody<'a> {
    pub(crate) peer: &'a Arc<Peer>,
    pub(crate) number: u64,
    pub(crate) epoch: u64,
    pub(crate) deadline: Option<Instant>,
    /// Set where several handlers share the command; one of them may take the body.
    pub(crate) join: Option<&'a Join>,
}

impl Attached<'_> {
    /// The body. `None`: somebody has taken it.
    fn take(self) -> Option<Body> {
        match self {
            Self::None => Some(Body::empty()),
            Self::Wire(wire) => wire.take(),
            Self::Local(body) => body.lock().unwrap_or_else(PoisonError::into_inner).take(),
            Self::Taken => None,
        }
    }
}

impl WireBody<'_> {
    fn take(self) -> Option<Body> {
        if self.join.is_some_and(|join| !join.take_body()) {
            return None;
        }
        let begin_by = self.deadline.unwrap_or_else(|| Instant::now() + BODY_WAITS);
        let peer = self.peer.clone();
        let incoming = IncomingBody::new(peer, self.number, self.epoch, begin_by);
        Some(Body::of(incoming))
    }
}

/// The body that the command came with; empty if it came with none. It is taken once.
impl FromDelivery for Body {
    fn from_delivery(delivery: &Delivery<'_>) -> Result<Self, Rejection> {
        let attached = delivery.attached.replace(Attached::Taken);
        attached.take().ok_or_else(|| {
            Rejection::new("its body is taken already: one `Body` for all handlers of a command")
        })
    }
}

impl<'a> Attached<'a> {
    /// As a delivery holds it.
    pub(crate) fn held(self) -> RefCell<Self> {
        RefCell::new(self)
    }
}
