//! Holds dials until both sides have one, then lets both go.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// A dial is held no longer than this; the other side may have nothing to say.
const PATIENCE: Duration = Duration::from_millis(600);

/// Holds dials while it is armed, until both sides have one.
#[derive(Debug, Default)]
pub(super) struct DialGate {
    state: Mutex<State>,
    opened: Notify,
    /// Dials that were let go together with another and came through.
    met: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    armed: bool,
    /// Which sides wait.
    waiting: [bool; 2],
    /// How often two were let go together.
    openings: u64,
}

impl DialGate {
    /// The next two dials, one of each side, go together.
    pub(super) fn arm(&self) {
        self.lock().armed = true;
    }

    /// Holds nobody any more.
    pub(super) fn disarm(&self) {
        let mut state = self.lock();
        (state.armed, state.waiting) = (false, [false; 2]);
        drop(state);
        self.opened.notify_waiters();
    }

    /// Waits for the other side's dial if that is wanted; whether it has come.
    pub(super) async fn pass(&self, side: usize) -> bool {
        let mut opened = std::pin::pin!(self.opened.notified());
        opened.as_mut().enable();
        let before = {
            let mut state = self.lock();
            if !state.armed {
                return false;
            }
            state.waiting[side] = true;
            if state.waiting == [true; 2] {
                (state.armed, state.waiting) = (false, [false; 2]);
                state.openings += 1;
                drop(state);
                self.opened.notify_waiters();
                return true;
            }
            state.openings
        };
        if tokio::time::timeout(PATIENCE, opened).await.is_err() {
            self.lock().waiting[side] = false;
        }
        self.lock().openings > before
    }

    /// A dial that went together with another has come through.
    pub(super) fn met(&self) {
        self.met.fetch_add(1, Ordering::Relaxed);
    }

    /// How many have.
    pub(super) fn meetings(&self) -> u64 {
        self.met.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn two_dials_of_different_sides_go_together_and_others_are_not_held() {
        let gate = DialGate::default();
        assert!(!gate.pass(0).await);
        gate.arm();
        assert_eq!(tokio::join!(gate.pass(0), gate.pass(1)), (true, true));
        assert!(!gate.pass(1).await);
        gate.arm();
        let disarm = async { gate.disarm() };
        assert!(!tokio::join!(gate.pass(0), disarm).0);
    }
}
