//! Events and commands of one run, as many as are allowed by now.

use bytes::Bytes;
use quibus::PeerId;
use quibus::bus::{Bus, Published};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::contract::{AddOne, Numbered};
use super::ledger::{Ledger, Run};
use super::side::Turmoil;

/// Sends of one run that may wait for their outcome.
const IN_FLIGHT: usize = 2_000;
/// The largest filling: larger than what is copied into a batch.
const LARGEST: usize = 40 << 10;

/// How much one side may have sent, over all its runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Allowance {
    pub(super) events: u64,
    pub(super) commands: u64,
}

/// What a run sends, and where it is written down.
pub(super) struct Traffic {
    pub(super) bus: Bus,
    pub(super) to: PeerId,
    pub(super) run: Run,
    pub(super) ledger: Ledger,
    pub(super) allowed: watch::Receiver<Allowance>,
    /// Of the receiver.
    pub(super) turmoil: Turmoil,
    pub(super) random: fastrand::Rng,
}

impl Traffic {
    /// Sends until the tasks are ended.
    pub(super) fn start(mut self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let publisher = Self {
            bus: self.bus.clone(),
            to: self.to.clone(),
            ledger: self.ledger.clone(),
            allowed: self.allowed.clone(),
            turmoil: self.turmoil.clone(),
            random: self.random.fork(),
            run: self.run,
        };
        tasks.spawn(publisher.publish());
        tasks.spawn(self.send());
        tasks
    }

    async fn publish(mut self) {
        let filling = Bytes::from(vec![b'.'; LARGEST]);
        let events = self.ledger.events.clone();
        let once = Published {
            queued: 1,
            missed: 0,
        };
        loop {
            let most = self.allowed.borrow_and_update().events;
            while events.accepted_in_all() < most {
                let event = Numbered {
                    to: self.to.to_string(),
                    run: self.run.0,
                    number: events.begin(self.run),
                    filling: filling.slice(..filling_len(&mut self.random)),
                };
                let published = self.bus.publish(event).await;
                events.accepted(self.run, published != Ok(once));
            }
            if self.allowed.changed().await.is_err() {
                return;
            }
        }
    }

    async fn send(mut self) {
        let mut sends = JoinSet::new();
        loop {
            let allowed = self.allowed.borrow_and_update().commands;
            while self.ledger.commands.begun_in_all() < allowed {
                if sends.len() >= IN_FLIGHT {
                    sends.join_next().await;
                }
                self.send_one(&mut sends);
            }
            while sends.try_join_next().is_some() {}
            if self.allowed.changed().await.is_err() {
                break;
            }
        }
        sends.join_all().await;
    }

    fn send_one(&self, sends: &mut JoinSet<()>) {
        let (run, commands) = (self.run, self.ledger.commands.clone());
        let turmoil = self.turmoil.clone();
        let before = turmoil.now();
        let number = commands.begin(run);
        let sending = self.bus.send(AddOne {
            to: self.to.to_string(),
            run: run.0,
            number,
        });
        sends.spawn(async move {
            let outcome = sending.await;
            commands.ended(run, number, outcome, turmoil.was_since(before));
        });
    }
}

/// Mostly small, now and then a page, seldom more than a batch copies.
fn filling_len(random: &mut fastrand::Rng) -> usize {
    match random.u8(..) {
        0..3 => random.usize(..=LARGEST),
        3..30 => random.usize(..2048),
        _ => random.usize(..64),
    }
}
