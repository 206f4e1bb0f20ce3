//! What one sender asks in the unsequenced lane: commands that do not wait for a link.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use quibus::bus::Bus;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::cast::{RECEIVERS, receiver_name};
use super::contract::Vote;
use super::feed::{CLOCKS, draw_timeout};
use super::lane::{One, stream, told};
use super::orders::Orders;
use crate::history::{Entry, Manner, Recorder, Run, Told};

/// Votes that may wait for their outcome: some are on their way whenever a link ends.
const IN_FLIGHT: usize = 16;
/// For whom there is no link asks again after this.
const AGAIN: Duration = Duration::from_millis(10);

/// What one sender asks in the unsequenced lane.
pub(super) struct VoteFeed {
    pub(super) bus: Bus,
    pub(super) from: Run,
    pub(super) history: Recorder,
    pub(super) random: fastrand::Rng,
    pub(super) orders: Arc<Orders>,
}

/// What a vote found when it was to go.
enum Found {
    Link,
    NoLink,
}

impl VoteFeed {
    /// Asks as often as a feed may send, if faults leave it the time; nobody waits for that, and
    /// what finds no link is not counted. Returns when nothing more can be allowed and every
    /// outcome is there.
    pub(super) async fn run(mut self) {
        let mut asked = JoinSet::new();
        let mut begun = 0;
        let orders = self.orders.clone();
        while !orders.has_ended() {
            let mut changed = pin!(orders.changed());
            changed.as_mut().enable();
            while begun < orders.allowed() && !orders.has_ended() {
                if asked.len() >= IN_FLIGHT {
                    let ended = asked.join_next().await;
                    begun -= u64::from(matches!(ended, Some(Ok(Found::NoLink))));
                }
                self.ask(&mut asked);
                begun += 1;
                tokio::task::consume_budget().await;
            }
            if !orders.has_ended() {
                changed.await;
            }
        }
        asked.join_all().await;
    }

    fn ask(&mut self, asked: &mut JoinSet<Found>) {
        let to = self.random.usize(..RECEIVERS);
        let stream = stream(self.from, to, Vote::LANE);
        let (hasty, timeout) = draw_timeout(&mut self.random);
        let history = self.history.clone();
        let begun = Instant::now();
        let number = history.sending(stream, Manner::Unsequenced, hasty);
        let vote = Vote::new(One {
            to: receiver_name(to),
            number,
            from: self.from,
        });
        let sending = self.bus.send(vote).timeout(timeout);
        asked.spawn(async move {
            let outcome = sending.await;
            let early = begun.elapsed() + CLOCKS < timeout;
            let told = told(number, outcome, early);
            let refused = told == Told::NotNow;
            history.add(Entry::Ended {
                stream,
                number,
                told,
            });
            if !refused {
                return Found::Link;
            }
            // Keeps its place: who is next would find none either.
            sleep(AGAIN).await;
            Found::NoLink
        });
    }
}
