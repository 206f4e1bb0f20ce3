//! The slots of a worker.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::registered::Registered;
use super::run::Run;
use super::worker::Seat;
use crate::peers::let_go;

/// One slot per handler that a worker has run, used again.
#[derive(Default)]
pub(super) struct KeptSlots(Vec<(Arc<Registered>, Box<dyn Run>)>);

impl KeptSlots {
    /// Where the slot of this handler is, made if there is none, for the worker with this seat.
    /// `None`: making it panicked.
    #[inline]
    pub(super) fn index_of(
        &mut self,
        handler: &Arc<Registered>,
        seat: &Arc<Seat>,
    ) -> Option<usize> {
        let known = self.0.iter().position(|(at, _)| Arc::ptr_eq(at, handler));
        match known {
            None => self.make(handler, seat),
            known => known,
        }
    }

    #[cold]
    fn make(&mut self, handler: &Arc<Registered>, seat: &Arc<Seat>) -> Option<usize> {
        // A worker that always has work makes a slot for whoever is subscribed anew.
        self.drop_removed(None);
        // Layers are cloned for it, and that is their code.
        let slot = catch_unwind(AssertUnwindSafe(|| handler.handler.slot())).ok()?;
        self.0.push((handler.clone(), slot));
        handler.is_kept_by(seat);
        Some(self.0.len() - 1)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Box<dyn Run>> {
        self.0.get_mut(index).map(|(_, slot)| slot)
    }

    /// Whether the handler of this slot keeps it while it awaits a send.
    pub(super) fn is_exclusive(&self, index: usize) -> bool {
        let slot = self.0.get(index);
        slot.is_none_or(|(at, _)| at.handler.options().exclusive)
    }

    /// Drops a slot in which something panicked; dropping it may panic again.
    pub(super) fn drop_one(&mut self, index: usize) {
        let broken = self.0.swap_remove(index);
        let _ = catch_unwind(AssertUnwindSafe(move || drop(broken)));
    }

    /// Lets go of handlers that were removed: what a closure holds ends with it. The one that runs,
    /// whose slot may be elsewhere then, is kept. `true`: it was removed as well.
    pub(super) fn drop_removed(&mut self, mut running: Option<&mut usize>) -> bool {
        // From behind: what takes the place of one that goes was looked at already.
        for index in (0..self.0.len()).rev() {
            let is_removed = self.0.get(index).is_some_and(|(at, _)| at.is_removed());
            if !is_removed || running.as_deref() == Some(&index) {
                continue;
            }
            let last = self.0.len() - 1;
            self.drop_one(index);
            if let Some(running) = running.as_deref_mut().filter(|running| **running == last) {
                *running = index;
            }
        }
        let running = running.and_then(|running| self.0.get(*running));
        running.is_some_and(|(at, _)| at.is_removed())
    }
}

impl Drop for KeptSlots {
    fn drop(&mut self) {
        let_go(self.0.drain(..));
    }
}
