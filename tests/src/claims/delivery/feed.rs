//! What one sender sends in one lane: events to some receivers, commands to one.

use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use quibus::bus::Bus;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::super::in_turn::Handed;
use super::cast::{RECEIVERS, receiver_name};
use super::lane::{Lane, Numbered, One, stream, told};
use super::orders::Orders;
use crate::history::{Entry, Recorder, Run};

/// Sends of one feed that may wait for their outcome.
const IN_FLIGHT: usize = 500;
/// The largest filling: larger than what is copied into a batch.
const LARGEST: usize = 40 << 10;
/// Longer than anything in a trial takes.
const PATIENT: Duration = Duration::from_secs(120);
/// Between two events that are skipped.
const BETWEEN_MISSED: Duration = Duration::from_millis(1);
/// How far two clocks of one link may differ about a deadline: stamps are whole milliseconds.
pub(super) const CLOCKS: Duration = Duration::from_millis(2);

/// What one sender sends in one lane.
pub(super) struct Feed<L> {
    pub(super) bus: Bus,
    pub(super) from: Run,
    pub(super) history: Recorder,
    pub(super) random: fastrand::Rng,
    pub(super) orders: Arc<Orders>,
    /// Whether it is the one that floods whoever is to be flooded.
    pub(super) floods: bool,
    /// How many all feeds have.
    pub(super) sent: Arc<AtomicU64>,
    /// Events that were skipped.
    pub(super) missed: Arc<AtomicU64>,
    pub(super) lane: PhantomData<L>,
}

impl<L: Lane> Feed<L> {
    /// Sends until nothing more can be allowed; returns when every outcome is there.
    pub(super) async fn run(mut self) {
        let filling = Bytes::from(vec![b'.'; LARGEST]);
        let mut sends = JoinSet::new();
        let mut sent = 0;
        let orders = self.orders.clone();
        loop {
            let mut changed = pin!(orders.changed());
            changed.as_mut().enable();
            while sent < orders.allowed() {
                let count = self.one(&filling, &mut sends).await;
                sent += count;
                self.sent.fetch_add(count, Ordering::Relaxed);
                while sends.try_join_next().is_some() {}
                // A feed that never waits must not keep the thread to itself.
                tokio::task::consume_budget().await;
            }
            if let Some(receiver) = orders.flooded().filter(|_| self.floods) {
                if self.publish(&[receiver], filling.slice(..16)).await {
                    tokio::task::consume_budget().await;
                } else {
                    // Virtual time stands still while anything runs.
                    tokio::time::sleep(BETWEEN_MISSED).await;
                }
                continue;
            }
            if orders.has_ended() {
                break;
            }
            changed.await;
        }
        sends.join_all().await;
    }

    /// Sends one message; returns to how many.
    async fn one(&mut self, filling: &Bytes, sends: &mut JoinSet<()>) -> u64 {
        if self.random.u8(..) < 100 {
            if sends.len() >= IN_FLIGHT {
                sends.join_next().await;
            }
            self.send(sends).await;
            return 1;
        }
        let some = self.random.u8(1..1 << RECEIVERS);
        let to: Vec<_> = (0..RECEIVERS).filter(|at| some & (1 << at) != 0).collect();
        let len = filling_len(&mut self.random);
        self.publish(&to, filling.slice(..len)).await;
        to.len() as u64
    }

    /// Returns whether nobody was skipped.
    async fn publish(&mut self, to: &[usize], filling: Bytes) -> bool {
        let streams: Vec<_> = to
            .iter()
            .map(|at| stream(self.from, *at, L::NUMBER))
            .collect();
        let numbers = streams
            .iter()
            .map(|stream| self.history.publishing(*stream));
        let event = L::event(Numbered {
            to: to.iter().map(|at| receiver_name(*at)).collect(),
            numbers: numbers.collect(),
            from: self.from,
            filling,
        });
        let published = self.bus.publish(event).await;
        let queued = published.map_or(0, |published| published.queued) == streams.len();
        for stream in &streams {
            // With several recipients nobody says which of them was skipped: the frozen one is
            // flooded alone.
            self.history.add(if queued {
                Entry::Published(*stream)
            } else {
                self.missed.fetch_add(1, Ordering::Relaxed);
                Entry::Missed(*stream)
            });
        }
        queued
    }

    async fn send(&mut self, sends: &mut JoinSet<()>) {
        let to = self.random.usize(..RECEIVERS);
        let stream = stream(self.from, to, L::NUMBER);
        let (hasty, timeout) = draw_timeout(&mut self.random);
        let history = self.history.clone();
        let begun = Instant::now();
        let number = history.sending(stream, L::MANNER, hasty);
        let command = L::command(One {
            to: receiver_name(to),
            number,
            from: self.from,
        });
        let send = |command| self.bus.send(command).timeout(timeout);
        let handed = Handed::over(L::MANNER, command, send).await;
        sends.spawn(async move {
            let outcome = handed.outcome().await;
            let early = begun.elapsed() + CLOCKS < timeout;
            history.add(Entry::Ended {
                stream,
                number,
                told: told(number, outcome, early),
            });
        });
    }
}

/// Mostly small, now and then a page, seldom more than a batch copies.
fn filling_len(random: &mut fastrand::Rng) -> usize {
    match random.u8(..) {
        0 => random.usize(..=LARGEST),
        1..20 => random.usize(..2048),
        _ => random.usize(..64),
    }
}

/// How long a command has, and whether that may well be too short.
pub(super) fn draw_timeout(random: &mut fastrand::Rng) -> (bool, Duration) {
    match random.u8(..) {
        ..5 => (true, Duration::from_millis(random.u64(1..30))),
        _ => (false, PATIENT),
    }
}
