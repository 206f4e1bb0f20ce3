//! What all handles of one bus share.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::membership::Membership;
use super::replica::Replica;
use super::stop::Stopping;
use super::subscription_book::SubscriptionBook;
use super::type_book::TypeBook;
use crate::dispatch::layer::AnyLayer;
use crate::dispatch::{Dispatcher, Sender};
use crate::id::PeerId;
use crate::message::{Message, TypeFacts};
use crate::peers::{Patience, Peers};
use crate::session::{LaneId, MAX_FRAME, WireType};
use crate::transport::Transport;

/// Bytes of a frame that its head may take: type number, deadline, length, kind.
const HEAD: usize = 64;
/// Most bytes of a message, headers included.
pub(super) const MAX_MESSAGE: usize = MAX_FRAME - HEAD;

/// The lane of types that name none.
const DEFAULT_LANE: &str = "default";

/// What all handles of one bus share.
pub(crate) struct Inner {
    pub(super) me: PeerId,
    /// This process as the sender of its local messages.
    pub(super) sender: Sender,
    pub(super) peers: Arc<Peers>,
    pub(super) dispatcher: Arc<Dispatcher>,
    pub(super) replica: Arc<Replica>,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) membership: Membership,
    pub(super) book: Mutex<SubscriptionBook>,
    /// Around every handler.
    pub(super) layers: Vec<AnyLayer>,
    #[cfg(any(test, feature = "testing"))]
    pub(super) recorder: Option<Arc<super::recorder::Recorder>>,
    types: Mutex<TypeBook>,
    pub(super) default_timeout: Patience,
    life: AtomicU8,
    pub(super) stopping: Stopping,
    /// Woken when the life moves on.
    pub(super) moved_on: Notify,
}

/// Where a bus is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Life {
    Running = 0,
    Draining,
    /// Another process has its name.
    Fenced,
    Closing,
    Stopped,
}

/// What a bus is made of.
pub(super) struct Parts {
    pub(super) me: PeerId,
    pub(super) sender: Sender,
    pub(super) peers: Arc<Peers>,
    pub(super) dispatcher: Arc<Dispatcher>,
    pub(super) replica: Arc<Replica>,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) membership: Membership,
    pub(super) book: SubscriptionBook,
    pub(super) layers: Vec<AnyLayer>,
    #[cfg(any(test, feature = "testing"))]
    pub(super) recorder: Option<Arc<super::recorder::Recorder>>,
    pub(super) types: TypeBook,
    pub(super) default_timeout: Patience,
}

impl Inner {
    pub(super) fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            me: parts.me,
            sender: parts.sender,
            peers: parts.peers,
            dispatcher: parts.dispatcher,
            replica: parts.replica,
            transport: parts.transport,
            membership: parts.membership,
            book: Mutex::new(parts.book),
            layers: parts.layers,
            #[cfg(any(test, feature = "testing"))]
            recorder: parts.recorder,
            types: Mutex::new(parts.types),
            default_timeout: parts.default_timeout,
            life: AtomicU8::new(Life::Running as u8),
            stopping: Stopping::new(),
            moved_on: Notify::new(),
        })
    }

    pub(super) fn life(&self) -> Life {
        match self.life.load(Ordering::Acquire) {
            0 => Life::Running,
            1 => Life::Draining,
            2 => Life::Fenced,
            3 => Life::Closing,
            _ => Life::Stopped,
        }
    }

    /// Moves the life on, never back. `false`: it is there or further already.
    pub(super) fn move_on(&self, to: Life) -> bool {
        let before = self.life.fetch_max(to as u8, Ordering::AcqRel);
        self.moved_on.notify_waiters();
        before < to as u8
    }

    pub(super) fn book(&self) -> MutexGuard<'_, SubscriptionBook> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn types(&self) -> MutexGuard<'_, TypeBook> {
        self.types.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lane of this name. `None`: it would be the thirteenth.
    #[inline]
    pub(super) fn lane(&self, name: &'static str) -> Option<LaneId> {
        // Known when this is compiled, for nearly all of them.
        if name == DEFAULT_LANE {
            return Some(LaneId::DEFAULT);
        }
        self.peers.shared().lane_names.lane(name)
    }
}

impl Drop for Inner {
    /// A bus that is dropped without a stop closes at once.
    fn drop(&mut self) {
        self.membership.end();
        self.peers.close();
        self.dispatcher.close();
        if self.life() != Life::Stopped {
            let transport = self.transport.clone();
            // Whoever drops it may be outside of any runtime, and handlers may block theirs.
            let runtime = &self.peers.shared().runtime;
            runtime.spawn(async move { transport.close().await });
        }
    }
}

/// The type of a message as it is announced.
#[inline]
pub(super) fn wire_type(message: &impl Message) -> WireType {
    let TypeFacts { name, codec, .. } = message.facts();
    WireType { name, codec }
}
