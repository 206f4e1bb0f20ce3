//! Wakes whoever waits for news, each with a waker of its own.
//!
//! A channel wakes whoever waits in it where something is put into it, also under a lock, and one
//! waker that panics keeps those behind it from being woken. Here news is put down under whatever
//! lock it needs, and the bell is rung once that is given back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::session::wake_all;

/// Wakes whoever waits for news.
#[derive(Debug, Default)]
pub(super) struct Bell {
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// By the number of who waits: as many as there are listeners.
    wakers: BTreeMap<u64, Waker>,
    last: u64,
}

impl Bell {
    /// Wakes all who wait; nothing may be locked. The news can be found by now.
    pub(super) fn ring(&self) {
        let wakers = std::mem::take(&mut self.lock().wakers);
        wake_all(wakers.into_values());
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits for news.
#[derive(Debug)]
pub(super) struct Listener {
    bell: Arc<Bell>,
    /// Under which it has waited.
    number: Option<u64>,
}

impl Listener {
    pub(super) fn new(bell: &Arc<Bell>) -> Self {
        Self {
            bell: bell.clone(),
            number: None,
        }
    }

    /// Waits until `look` finds something.
    pub(super) fn poll<T>(
        &mut self,
        context: &Context<'_>,
        mut look: impl FnMut() -> Option<T>,
    ) -> Poll<T> {
        if let Some(found) = look() {
            return Poll::Ready(found);
        }
        self.wait(context.waker());
        // What came before that may have woken nobody.
        look().map_or(Poll::Pending, Poll::Ready)
    }

    fn wait(&mut self, waker: &Waker) {
        // Wakers are code of whoever polls, when they are copied and dropped as well.
        let waker = waker.clone();
        let mut waiting = self.bell.lock();
        let number = *self.number.get_or_insert_with(|| {
            waiting.last += 1;
            waiting.last
        });
        let before = waiting.wakers.insert(number, waker);
        drop(waiting);
        drop(before);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let waker = self.bell.lock().wakers.remove(&number);
        drop(waker);
    }
}

/// Rings the bell when it is dropped: what is waited for has ended, and that can be found by now.
#[derive(Debug, Default)]
pub(super) struct Knell(pub(super) Arc<Bell>);

impl Drop for Knell {
    fn drop(&mut self) {
        self.0.ring();
    }
}
