//! How a bus's own tasks hold it: not beyond its last handle, with which it closes.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use super::inner::Inner;
use super::stop::LOOK;

/// A bus, held by one of its own tasks.
pub(super) struct OwnHold(Arc<Inner>);

impl OwnHold {
    /// `None`: the bus has gone.
    pub(super) fn of(bus: &Weak<Inner>) -> Option<Self> {
        let bus = bus.upgrade()?;
        bus.membership.held.fetch_add(1, Ordering::Relaxed);
        Some(Self(bus))
    }

    /// Waits until only tasks of the bus hold it, which all give it back then. Who begins to hold it
    /// at this moment may not be counted yet: so whoever is told this looks whether it is there.
    pub(super) async fn left_alone(&self) {
        let held = || self.membership.held.load(Ordering::Relaxed);
        while Arc::strong_count(&self.0) > held() {
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Deref for OwnHold {
    type Target = Arc<Inner>;

    fn deref(&self) -> &Arc<Inner> {
        &self.0
    }
}

impl Drop for OwnHold {
    fn drop(&mut self) {
        self.membership.held.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request to the directory that is under way, and holds the bus.
pub(super) struct UnderWay<'a>(&'a AtomicUsize);

impl<'a> UnderWay<'a> {
    pub(super) fn begin(held: &'a AtomicUsize) -> Self {
        held.fetch_add(1, Ordering::Relaxed);
        Self(held)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
