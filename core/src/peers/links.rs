//! The live links of one peer: handles by number.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::time::Instant;

use super::byte_queue::ByteQueue;
use super::caught::unharmed;
use crate::session::{Control, LinkId};
use crate::transport::{CloseReason, Link, Outgoing, Priority};

/// A link and its control lane.
#[derive(Debug, Clone)]
pub(crate) struct LinkHandle {
    pub(crate) link: Arc<dyn Link>,
    pub(crate) control: Arc<ByteQueue>,
}

impl LinkHandle {
    /// Opens a lane. A transport that panics over it has ended the link: what is in the lane goes on
    /// on the next.
    pub(super) fn open(&self, priority: Priority, outgoing: Box<dyn Outgoing>) {
        let open = || self.link.open(priority, outgoing);
        if unharmed("a transport that was to open a lane", open).is_none() {
            self.link.close(CloseReason::Done);
        }
    }

    /// Sends a control frame, a Hello before all that waits for it. A link whose other side reads no
    /// control frames is of no use.
    pub(crate) fn say(&self, control: &Control) {
        let frame = control.encode();
        let queued = match control {
            Control::Hello(_) => self.control.greet(frame),
            _ => self.control.push(frame),
        };
        if queued.is_err() {
            self.link.close(CloseReason::Unresponsive);
        }
    }

    /// Sends control frames that are encoded already.
    pub(crate) fn send(&self, frames: Bytes) {
        if self.control.push(frames).is_err() {
            self.link.close(CloseReason::Unresponsive);
        }
    }
}

/// The live links of one peer. Few: two while dials cross.
#[derive(Debug, Default)]
pub(crate) struct Links(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    by_id: BTreeMap<LinkId, LinkHandle>,
    /// When the last of them ended.
    ended: Option<Instant>,
}

impl Links {
    pub(crate) fn insert(&self, id: LinkId, handle: LinkHandle) {
        self.lock().by_id.insert(id, handle);
    }

    pub(crate) fn remove(&self, id: LinkId) {
        let mut state = self.lock();
        if state.by_id.remove(&id).is_some() {
            state.ended = Some(Instant::now());
        }
    }

    pub(crate) fn get(&self, id: LinkId) -> Option<LinkHandle> {
        self.lock().by_id.get(&id).cloned()
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().by_id.len()
    }

    /// Since when there is none any more.
    pub(crate) fn empty_since(&self) -> Option<Instant> {
        let state = self.lock();
        state.ended.filter(|_| state.by_id.is_empty())
    }

    /// Closes every link.
    pub(crate) fn close_all(&self, reason: CloseReason) {
        for handle in self.lock().by_id.values() {
            handle.link.close(reason);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
