//! Which handler is being polled on this thread, so that a `send` can free its slot (promise 21).

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    static CURRENT: RefCell<Option<Arc<Awaited>>> = const { RefCell::new(None) };
}

/// How many sends the handler of one slot awaits.
#[derive(Debug, Default)]
pub(crate) struct Awaited(AtomicUsize);

impl Awaited {
    /// Whether the handler awaits a send.
    pub(super) fn is_some(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    /// From here on until the answer is dropped, what this thread polls belongs to the handler
    /// that these sends belong to.
    pub(super) fn enter(self: &Arc<Self>) -> Entered {
        Entered(CURRENT.replace(Some(self.clone())))
    }

    /// Takes the place of the sends that this thread polls for now.
    pub(super) fn replace(self: &Arc<Self>) {
        CURRENT.set(Some(self.clone()));
    }
}

/// This thread polls handlers; dropping it restores what it did before.
pub(super) struct Entered(Option<Arc<Awaited>>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Counts one send as awaited by the handler that polled it, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Awaiting(Arc<Awaited>);

impl Awaiting {
    /// Counts a send that is pending: for the handler that is being polled now, if there is one.
    /// A send that was moved into another task counts no more for the handler it came from.
    pub(crate) fn by_current_handler(before: Option<Self>) -> Option<Self> {
        CURRENT.with_borrow(|current| {
            let current = current.as_ref()?;
            match before {
                Some(before) if Arc::ptr_eq(&before.0, current) => Some(before),
                _ => {
                    current.0.fetch_add(1, Ordering::Relaxed);
                    Some(Self(current.clone()))
                }
            }
        })
    }
}

impl Drop for Awaiting {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
