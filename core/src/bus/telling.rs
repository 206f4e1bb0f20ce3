//! Subscriptions and the directory: updates go one at a time, and are repeated until their outcome
//! is known (promise 25).
//!
//! Whoever subscribes waits for that itself. What was undone by dropping something is told by a
//! task, one a type however often it changes meanwhile: while no directory answers, somebody may
//! try to subscribe again and again.

use std::sync::{Arc, Weak};

use super::inner::{Inner, Life};
use super::membership::{BARRIER_PATIENCE, HEARTBEAT, Membership};
use super::membership_error::Setback;
use super::own_hold::OwnHold;
use super::subscribe_error::SubscribeError;
use crate::directory::contract::UpdateSubscriptions;

/// Tells the directory of a type's keys, in a task of its own, until it knows the last change.
pub(super) struct Telling {
    /// Not held beyond its last handle, nor while the directory is not there: a bus that is dropped
    /// ends, and with it what was to be told of it.
    bus: Weak<Inner>,
    name: &'static str,
}

impl Telling {
    /// Begins to tell, if there is anything to tell and nobody does it already.
    pub(super) fn begin(bus: &Arc<Inner>, name: &'static str) {
        let is_listened_to = bus.life() == Life::Running && !bus.membership.is_authority();
        if is_listened_to && bus.book().begin_telling(name) {
            let telling = Self {
                bus: Arc::downgrade(bus),
                name,
            };
            bus.dispatcher.runtime().spawn(telling.run());
        }
    }

    async fn run(mut self) {
        while let Some(bus) = OwnHold::of(&self.bus)
            && bus.life() == Life::Running
        {
            let Some(change) = bus.book().go_on_telling(self.name) else {
                // Another may have begun already: it is not to be called ended with this one.
                self.bus = Weak::new();
                return;
            };
            let told = tokio::select! {
                biased;
                told = bus.membership.tell(&bus, self.name, change) => told,
                () = bus.left_alone() => None,
            };
            match told {
                Some(Ok(_)) => continue,
                Some(Err(error)) => {
                    tracing::warn!(%error, "a subscription could not be ended at the directory");
                    return;
                }
                None => drop(bus),
            }
            tokio::time::sleep(HEARTBEAT).await;
        }
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        if let Some(bus) = self.bus.upgrade() {
            bus.book().end_telling(self.name);
        }
    }
}

impl Membership {
    /// Makes the present keys of a type known. Whether every attached peer has applied them.
    pub(super) async fn update(
        &self,
        bus: &Arc<Inner>,
        name: &str,
    ) -> Result<bool, SubscribeError> {
        if self.is_authority() {
            return Ok(true);
        }
        let change = bus.book().changed(name);
        loop {
            if let Some(told) = self.tell(bus, name, change).await {
                return told;
            }
            tokio::select! {
                biased;
                () = tokio::time::sleep(HEARTBEAT) => {}
                () = super::stop::reached(bus, Life::Draining) => return Err(SubscribeError::Stopped),
            }
        }
    }

    /// Tells the directory once what a type's keys are, unless it knows this change of them
    /// already. `None`: it did not answer.
    async fn tell(
        &self,
        bus: &Arc<Inner>,
        name: &str,
        change: u64,
    ) -> Option<Result<bool, SubscribeError>> {
        let confirmed = || bus.book().confirmed(name, change);
        if let Some(everywhere) = confirmed() {
            return Some(Ok(everywhere));
        }
        // Not held between two attempts: who registers anew, and who is given up, stops nobody.
        let _turn = self.updating.lock().await;
        if let Some(everywhere) = confirmed() {
            return Some(Ok(everywhere));
        }
        let (seq, types, change) = bus.book().next_update(name);
        let incarnation = bus.peers.shared().own().incarnation;
        let update = UpdateSubscriptions::new(incarnation, seq, &types);
        match self.ask(bus, update, BARRIER_PATIENCE).await {
            Ok(updated) => {
                let everywhere = updated.live_everywhere();
                bus.book().confirm(name, change, everywhere);
                Some(Ok(everywhere))
            }
            Err(Setback::Refused(reason)) => Some(Err(SubscribeError::Refused(reason))),
            Err(Setback::Fenced) => Some(Err(SubscribeError::Stopped)),
            Err(Setback::Unanswered(_) | Setback::Unknown) => {
                self.reattach.notify_one();
                None
            }
        }
    }
}
