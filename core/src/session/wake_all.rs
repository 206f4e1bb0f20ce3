//! Waking many tasks, of which each is somebody else's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Wakes all of them; nothing may be locked. Wakers are code of whoever polls, so one may panic:
/// neither do those behind it wait on for that, nor does it end the task that calls here.
pub(crate) fn wake_all(wakers: impl IntoIterator<Item = Waker>) {
    let mut wakers = wakers.into_iter();
    let mut panics = 0_usize;
    // One that panics is out of the list by then: those behind it are next.
    let mut wake = || {
        for waker in wakers.by_ref() {
            waker.wake();
        }
    };
    while catch_unwind(AssertUnwindSafe(&mut wake)).is_err() {
        panics += 1;
    }
    if panics > 0 {
        let say = || {
            tracing::error!(
                panics,
                "wakers panicked; whoever polls with them may wait for ever"
            );
        };
        // A log is code of others as well.
        let _ = catch_unwind(say);
    }
}

/// The same where there is hardly ever one to be woken.
#[inline]
pub(crate) fn wake_one(waker: Option<Waker>) {
    if waker.is_some() {
        wake_all(waker);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    struct Counting(AtomicUsize);

    impl Wake for Counting {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    struct Panicking;

    impl Wake for Panicking {
        fn wake(self: Arc<Self>) {
            panic!("as asked");
        }
    }

    #[test]
    fn a_waker_that_panics_keeps_no_other_from_being_woken() {
        let woken = Arc::new(Counting(AtomicUsize::new(0)));
        let good = || Waker::from(woken.clone());
        let bad = || Waker::from(Arc::new(Panicking));
        wake_all([good(), bad(), good(), bad(), bad(), good(), bad()]);
        assert_eq!(woken.0.load(Ordering::Relaxed), 3);
        wake_all(vec![bad(), good()]);
        wake_all(Some(good()));
        assert_eq!(woken.0.load(Ordering::Relaxed), 5);
    }
}
