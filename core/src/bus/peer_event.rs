//! The other peers' coming and going.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use super::bell::Listener;
use crate::directory::{PeerDescriptor, ViewEvent};

/// Something that happened to another peer, as this process's replica shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerEvent {
    /// The replica has learned something.
    View(ViewEvent),
    /// So many events were not taken in time; read [`Bus::peers`](super::Bus::peers) again.
    Skipped(u64),
}

impl PeerEvent {
    /// The peer as it is now, or as it last was.
    pub fn descriptor(&self) -> Option<&Arc<PeerDescriptor>> {
        match self {
            Self::View(event) => Some(event.descriptor()),
            Self::Skipped(_) => None,
        }
    }
}

/// The events of a replica from now on; at most 1,024 wait to be taken. A `Stream`, and to be
/// asked without one by [`next`](Self::next).
pub struct PeerEvents {
    /// Nobody waits in it: whoever does is woken under the lock of who sends.
    receiver: Receiver<ViewEvent>,
    listener: Listener,
}

impl PeerEvents {
    pub(super) const WAITING: usize = 1_024;

    pub(super) fn new(receiver: Receiver<ViewEvent>, listener: Listener) -> Self {
        Self { receiver, listener }
    }

    /// The next event; `None` once the bus has stopped. May be dropped between polls without
    /// losing anything.
    pub async fn next(&mut self) -> Option<PeerEvent> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for PeerEvents {
    type Item = PeerEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<PeerEvent>> {
        let Self { receiver, listener } = &mut *self;
        listener.poll(context, || match receiver.try_recv() {
            Ok(event) => Some(Some(PeerEvent::View(event))),
            Err(TryRecvError::Lagged(count)) => Some(Some(PeerEvent::Skipped(count))),
            Err(TryRecvError::Closed) => Some(None),
            Err(TryRecvError::Empty) => None,
        })
    }
}

impl fmt::Debug for PeerEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerEvents").finish_non_exhaustive()
    }
}
