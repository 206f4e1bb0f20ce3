//! Events and commands of one run, as many as are allowed by now.

use bytes::Bytes;
use quibus::PeerId;
use quibus::bus::{Bus, Published, SendError};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::super::in_turn::Handed;
use super::contract::{AddOne, Added, Numbered, manner, stream};
use crate::history::{Entry, Recorder, Run, Told};

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
    /// The number of the receiver in the history.
    pub(super) receiver: u8,
    pub(super) history: Recorder,
    pub(super) allowed: watch::Receiver<Allowance>,
    pub(super) random: fastrand::Rng,
}

impl Traffic {
    /// Sends until the tasks are ended.
    pub(super) fn start(mut self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let publisher = Self {
            bus: self.bus.clone(),
            to: self.to.clone(),
            receiver: self.receiver,
            history: self.history.clone(),
            allowed: self.allowed.clone(),
            random: self.random.fork(),
            run: self.run,
        };
        tasks.spawn(publisher.publish());
        tasks.spawn(self.send());
        tasks
    }

    async fn publish(mut self) {
        let filling = Bytes::from(vec![b'.'; LARGEST]);
        let stream = stream(self.run, self.receiver);
        let once = Published {
            queued: 1,
            missed: 0,
        };
        loop {
            let most = self.allowed.borrow_and_update().events;
            while self.history.sent(self.run.peer).0 < most {
                let event = Numbered {
                    to: self.to.to_string(),
                    run: self.run.number,
                    number: self.history.publishing(stream),
                    filling: filling.slice(..filling_len(&mut self.random)),
                };
                let published = self.bus.publish(event).await;
                self.history.add(match published {
                    Ok(published) if published == once => Entry::Published(stream),
                    _ => Entry::Missed(stream),
                });
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
            while self.history.sent(self.run.peer).1 < allowed {
                if sends.len() >= IN_FLIGHT {
                    sends.join_next().await;
                }
                self.send_one(&mut sends).await;
            }
            while sends.try_join_next().is_some() {}
            if self.allowed.changed().await.is_err() {
                break;
            }
        }
        sends.join_all().await;
    }

    async fn send_one(&self, sends: &mut JoinSet<()>) {
        let stream = stream(self.run, self.receiver);
        let history = self.history.clone();
        let manner = manner(self.receiver);
        let number = history.sending(stream, manner, false);
        let command = AddOne {
            to: self.to.to_string(),
            run: self.run.number,
            number,
        };
        let handed = Handed::over(manner, command, |command| self.bus.send(command)).await;
        sends.spawn(async move {
            let told = told(number, handed.outcome().await);
            history.add(Entry::Ended {
                stream,
                number,
                told,
            });
        });
    }
}

fn told(number: u64, outcome: Result<Added, SendError>) -> Told {
    match outcome {
        Ok(added) if added.number == number + 1 => Told::Replied,
        Ok(added) => Told::Wrong(format!("{} for {number}", added.number)),
        Err(error) => Told::error(&error, true),
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
