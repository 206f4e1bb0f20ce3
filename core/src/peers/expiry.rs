//! When the next deadline of a send passes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::peer::Peer;
use crate::session::{LaneId, Losses};

/// No deadline.
const NEVER: u64 = u64::MAX;

/// When the next deadline of a send passes, at the earliest. Whoever sends asks, and nearly none has
/// anything to say: so that takes no lock.
#[derive(Debug)]
pub(super) struct Expiry {
    base: Instant,
    /// Microseconds since `base`.
    next: AtomicU64,
    earlier: Notify,
}

impl Expiry {
    pub(super) fn new() -> Self {
        Self {
            base: Instant::now(),
            next: AtomicU64::new(NEVER),
            earlier: Notify::new(),
        }
    }

    /// A send has this deadline. To be said after the send can be found: then whoever begins a
    /// search at the same time finds it.
    pub(super) fn at(&self, deadline: Instant) {
        let after = deadline.saturating_duration_since(self.base).as_micros();
        let at = u64::try_from(after).unwrap_or(NEVER - 1);
        if at < self.next.load(Ordering::Acquire) && at < self.next.fetch_min(at, Ordering::AcqRel)
        {
            self.earlier.notify_one();
        }
    }

    /// The next deadline.
    pub(super) fn next(&self) -> Option<Instant> {
        let next = self.next.load(Ordering::Acquire);
        let next = (next != NEVER).then_some(Duration::from_micros(next))?;
        self.base.checked_add(next)
    }

    /// The deadlines that were said are being looked at.
    pub(super) fn clear(&self) {
        self.next.store(NEVER, Ordering::Release);
    }

    /// Waits until an earlier deadline is said.
    pub(super) async fn earlier(&self) {
        self.earlier.notified().await;
    }
}

impl Peer {
    /// Ends the sends whose deadline has passed; returns the earliest that has not.
    pub(crate) fn expire(&self, now: Instant) -> Option<Instant> {
        let mut losses = Losses::default();
        let mut earliest = None;
        for lane in LaneId::sequenced() {
            let Some(mut out) = self.lanes().out_if_used(lane) else {
                continue;
            };
            let next = out.expire(now, &mut losses);
            earliest = earliest.into_iter().chain(next).min();
        }
        let mut unsequenced = self.unsequenced();
        unsequenced.expire(now, &mut losses);
        earliest = earliest
            .into_iter()
            .chain(unsequenced.pending.earliest())
            .min();
        drop(unsequenced);
        losses.wake();
        earliest.into_iter().chain(self.expire_bodies(now)).min()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_an_earlier_deadline_wakes() {
        let expiry = Expiry::new();
        let begin = Instant::now();
        let later = |seconds| begin + Duration::from_secs(seconds);
        let is_woken = |expiry: &Expiry| {
            let mut context = Context::from_waker(Waker::noop());
            pin!(expiry.earlier()).poll(&mut context).is_ready()
        };
        assert_eq!(expiry.next(), None);
        expiry.at(later(30));
        assert!(is_woken(&expiry));
        expiry.at(later(31));
        assert!(!is_woken(&expiry));
        expiry.at(later(3));
        assert_eq!((is_woken(&expiry), expiry.next()), (true, Some(later(3))));
        expiry.clear();
        assert_eq!(expiry.next(), None);
    }
}
