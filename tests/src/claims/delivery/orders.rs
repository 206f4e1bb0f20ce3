//! What the driver has the peers do: how much to send, whom to flood, who is frozen.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// What the peers are to do. Who waits for a change is woken in the order of waiting, so that a
/// seed repeats a run; tokio's `watch` wakes its receivers by chance.
#[derive(Debug, Default)]
pub(super) struct Orders {
    allowed: AtomicU64,
    /// A receiver's place and one; 0: nobody.
    flooded: AtomicU64,
    frozen: AtomicBool,
    ended: AtomicBool,
    changed: Notify,
}

impl Orders {
    /// Each feed may have sent so many messages.
    pub(super) fn allow(&self, messages: u64) {
        self.allowed.store(messages, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Only this receiver gets events, from one feed, as many as it is sent; its handlers of events
    /// don't end.
    pub(super) fn freeze(&self, receiver: usize) {
        self.frozen.store(true, Ordering::Release);
        self.flooded.store(receiver as u64 + 1, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// They go on.
    pub(super) fn thaw(&self) {
        self.flooded.store(0, Ordering::Release);
        self.frozen.store(false, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Nothing more will be allowed.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }

    pub(super) fn allowed(&self) -> u64 {
        self.allowed.load(Ordering::Acquire)
    }

    pub(super) fn flooded(&self) -> Option<usize> {
        let flooded = self.flooded.load(Ordering::Acquire);
        flooded.checked_sub(1).map(|at| at as usize)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Ends with the next change; enabled before the look, it misses none.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Waits while somebody is frozen.
    pub(super) async fn thawed(&self) {
        loop {
            let mut changed = std::pin::pin!(self.changed());
            changed.as_mut().enable();
            if !self.frozen.load(Ordering::Acquire) {
                return;
            }
            changed.await;
        }
    }
}
