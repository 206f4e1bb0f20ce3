//! The live links of one peer: handles by number.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::byte_queue::ByteQueue;
use crate::session::LinkId;
use crate::transport::{CloseReason, Link};

/// A link and its control lane.
#[derive(Debug, Clone)]
pub(crate) struct LinkHandle {
    pub(crate) link: Arc<dyn Link>,
    pub(crate) control: Arc<ByteQueue>,
}

impl LinkHandle {
    /// Sends a control frame. A link whose other side reads no control frames is of no use.
    pub(crate) fn send(&self, frame: Bytes) {
        if self.control.push(frame).is_err() {
            self.link.close(CloseReason::Unresponsive);
        }
    }
}

/// The live links of one peer. Few: two while dials cross.
#[derive(Debug, Default)]
pub(crate) struct Links {
    by_id: Mutex<BTreeMap<LinkId, LinkHandle>>,
}

impl Links {
    pub(crate) fn insert(&self, id: LinkId, handle: LinkHandle) {
        self.lock().insert(id, handle);
    }

    pub(crate) fn remove(&self, id: LinkId) {
        self.lock().remove(&id);
    }

    pub(crate) fn get(&self, id: LinkId) -> Option<LinkHandle> {
        self.lock().get(&id).cloned()
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Closes every link.
    pub(crate) fn close_all(&self, reason: CloseReason) {
        for handle in self.lock().values() {
            handle.link.close(reason);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<LinkId, LinkHandle>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
