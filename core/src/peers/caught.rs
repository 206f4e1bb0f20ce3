//! Futures of code that is not the bus's own, whose panic is an end like others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

/// What a future comes to. `None`: it has panicked, and is not polled again.
pub(super) async fn caught<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let polled = std::future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
    });
    polled.await
}
