//! A handler that a dispatcher knows, and its queue.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::erased_handler::ErasedHandler;
use super::queue::Queue;
use super::worker::Seat;

/// A handler and the queue it runs in.
pub(crate) struct Registered {
    pub(crate) handler: Arc<dyn ErasedHandler>,
    pub(crate) queue: Arc<Queue>,
    removed: AtomicBool,
    /// The workers that keep a slot for it.
    keepers: Mutex<Vec<Weak<Seat>>>,
}

impl Registered {
    pub(super) fn new(handler: Arc<dyn ErasedHandler>, queue: Arc<Queue>) -> Self {
        Self {
            handler,
            queue,
            removed: AtomicBool::new(false),
            keepers: Mutex::default(),
        }
    }

    /// It gets no more messages: workers let go of it once they have none in hand.
    pub(super) fn remove(&self) {
        self.removed.store(true, Ordering::Release);
        let keepers = std::mem::take(&mut *self.keepers());
        for keeper in keepers.iter().filter_map(Weak::upgrade) {
            keeper.is_to_look();
        }
    }

    /// A worker keeps a slot for it from now on.
    pub(super) fn is_kept_by(&self, seat: &Arc<Seat>) {
        let mut keepers = self.keepers();
        // Nor this one twice: it makes a slot anew after each panic.
        let is_other = |known: &Weak<Seat>| !std::ptr::eq(known.as_ptr(), Arc::as_ptr(seat));
        keepers.retain(|known| known.strong_count() > 0 && is_other(known));
        keepers.push(Arc::downgrade(seat));
        drop(keepers);
        // Who has removed it may have gone through them before.
        if self.is_removed() {
            seat.is_to_look();
        }
    }

    fn keepers(&self) -> MutexGuard<'_, Vec<Weak<Seat>>> {
        self.keepers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered")
            .field("message", &self.handler.message_type())
            .field("queue", &self.queue.name())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Handle;

    use super::super::{Handler, States};
    use super::*;

    #[derive(Clone, PartialEq, ::prost::Message, quibus::Event)]
    #[quibus(namespace = "Test")]
    struct Happened {}

    #[tokio::test]
    async fn a_worker_is_known_once_however_often_it_makes_a_slot_anew() {
        async fn panics(_: Happened) {}
        let queue = Queue::new("default".into(), Arc::new(States::new()), Handle::current());
        let registered = Registered::new(Arc::new(panics.into_handling()), queue);
        let seats = [(); 2].map(|()| Arc::<Seat>::default());
        for seat in seats.iter().cycle().take(100) {
            registered.is_kept_by(seat);
        }
        assert_eq!(registered.keepers().len(), 2);
    }
}
