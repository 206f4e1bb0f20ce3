//! Code that is not the bus's own, whose panic is an end like others.
//!
//! What a user has made is dropped, a log is written to, and a transport's waker is woken, also
//! where the bus has something left to do. That is done whatever becomes of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

/// What code of others comes to. `None`: it has panicked, which is said: `of` what.
pub(crate) fn unharmed<T>(of: &'static str, act: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(act));
    if done.is_err() {
        // That may be the very log that has panicked.
        let say = || tracing::error!(of, "code that is not the bus's own panicked");
        let _ = catch_unwind(AssertUnwindSafe(say));
    }
    done.ok()
}

/// Drops each of these, which may be the last to hold what a user has made. One after the other:
/// two panics at once would end the process.
pub(crate) fn let_go<T>(values: impl IntoIterator<Item = T>) {
    for value in values {
        unharmed("a value that was dropped", move || drop(value));
    }
}

/// What a future comes to. `None`: it has panicked, and is not polled again.
pub(super) async fn caught<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let polled = std::future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
    });
    polled.await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Panics<'a>(&'a AtomicUsize);

    impl Drop for Panics<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
            panic!("as asked");
        }
    }

    #[test]
    fn values_that_panic_when_they_are_dropped_keep_no_other_from_being_dropped() {
        let dropped = AtomicUsize::new(0);
        let_go([(); 3].map(|()| Panics(&dropped)));
        let_go(Some(Panics(&dropped)));
        assert_eq!(dropped.load(Ordering::Relaxed), 4);
    }
}
