//! The peers of a trial: senders that live throughout, receivers that are restarted.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quibus::bus::{Bus, Timings};
use quibus::transport::Transport;
use quibus::{Incarnation, PeerId};
use tokio::task::JoinSet;

use super::super::claim::Untried;
use super::contract::{BulkLane, DefaultLane, OrderLane, Vote};
use super::feed::Feed;
use super::lane::{Lane, Seat};
use super::orders::Orders;
use super::vote_feed::VoteFeed;
use crate::history::{Entry, Recorder, Run};
use crate::worlds::{Stage, World, gone};

/// How many peers send.
pub(super) const SENDERS: usize = 3;
/// How many receive.
pub(super) const RECEIVERS: usize = 3;
/// The receiver that is frozen at the end.
pub(super) const FROZEN: usize = RECEIVERS - 1;
/// The feeds whose messages are counted: one per sender and sequenced lane.
pub(super) const FEEDS: u64 = 3 * SENDERS as u64;

/// What a sender is called.
pub(super) fn sender_name(at: usize) -> String {
    format!("Source.{at}")
}

/// What a receiver is called.
pub(super) fn receiver_name(at: usize) -> String {
    format!("Sink.{at}")
}

/// A receiver's number in the history.
pub(super) fn receiver(at: usize) -> u8 {
    (SENDERS + at) as u8
}

/// How soon links are given up and dialled again: some five times sooner than outside of tests. A
/// peer becomes slow no sooner: longer than any fault lasts, so that only a frozen one does.
fn timings() -> Timings {
    Timings {
        hello: Duration::from_secs(2),
        ping_after: Duration::from_millis(200),
        broken_after: Duration::from_millis(600),
        redial: Duration::from_millis(2),
        redial_max: Duration::from_millis(200),
        ..Timings::default()
    }
}

/// All peers, and what they have in common.
pub(super) struct Cast {
    pub(super) history: Recorder,
    pub(super) senders: Vec<Bus>,
    pub(super) receivers: Vec<Receiver>,
    feeds: JoinSet<()>,
    pub(super) orders: Arc<Orders>,
    /// How many messages all feeds have sent.
    sent: Arc<AtomicU64>,
    pub(super) missed: Arc<AtomicU64>,
}

/// A receiver, over all its runs.
pub(super) struct Receiver {
    at: usize,
    pub(super) run: Run,
    pub(super) bus: Option<Bus>,
    transport: Option<std::sync::Weak<dyn Transport>>,
    orders: Arc<Orders>,
}

impl Cast {
    /// Everybody is there and knows everybody; nothing is allowed yet.
    pub(super) async fn enter<W: World>(
        stage: &Stage<W>,
        random: &mut fastrand::Rng,
    ) -> Result<Self, Untried> {
        let mut cast = Self {
            history: Recorder::default(),
            senders: Vec::new(),
            receivers: Vec::new(),
            feeds: JoinSet::new(),
            orders: Arc::default(),
            sent: Arc::default(),
            missed: Arc::default(),
        };
        for at in 0..RECEIVERS {
            let mut receiver = Receiver::new(at, cast.orders.clone());
            receiver.start(stage, &cast.history).await?;
            cast.receivers.push(receiver);
        }
        for at in 0..SENDERS {
            let name = sender_name(at);
            let transport = stage.world.transport(&name)?;
            let builder = Bus::builder(&name).timings(timings());
            let bus = stage.enter(transport, Incarnation(1), builder).await?;
            cast.history.add(Entry::Begins(sender(at)));
            cast.senders.push(bus);
        }
        stage.board.tell_all();
        for at in 0..SENDERS {
            for receiver in &cast.receivers {
                cast.history.add(Entry::Knows(sender(at), receiver.run));
            }
        }
        for at in 0..SENDERS {
            cast.feed::<DefaultLane>(at, random);
            cast.feed::<OrderLane>(at, random);
            cast.feed::<BulkLane>(at, random);
            cast.feed_votes(at, random);
        }
        Ok(cast)
    }

    fn feed<L: Lane>(&mut self, at: usize, random: &mut fastrand::Rng) {
        let feed = Feed::<L> {
            bus: self.senders[at].clone(),
            from: sender(at),
            history: self.history.clone(),
            random: random.fork(),
            orders: self.orders.clone(),
            // One is enough: a stream is numbered by one task.
            floods: at == 0 && L::NUMBER == BulkLane::NUMBER,
            sent: self.sent.clone(),
            missed: self.missed.clone(),
            lane: PhantomData,
        };
        self.feeds.spawn(feed.run());
    }

    fn feed_votes(&mut self, at: usize, random: &mut fastrand::Rng) {
        let feed = VoteFeed {
            bus: self.senders[at].clone(),
            from: sender(at),
            history: self.history.clone(),
            random: random.fork(),
            orders: self.orders.clone(),
        };
        self.feeds.spawn(feed.run());
    }

    /// So many messages may have been sent by now, over all feeds; votes are not counted.
    pub(super) fn allow(&self, messages: u64) {
        self.orders.allow(messages.div_ceil(FEEDS));
    }

    /// How many have been sent, without votes.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Nothing more will be allowed: waits until the feeds have every outcome.
    pub(super) async fn end_feeds(&mut self) {
        self.orders.end();
        while self.feeds.join_next().await.is_some() {}
    }

    /// A feed that panicked, which none should.
    pub(super) fn living_feeds(&mut self) -> usize {
        self.feeds.len()
    }

    /// What has not been handled or answered: events, commands.
    pub(super) fn outstanding(&self) -> (u64, u64) {
        let mut all = (0, 0);
        for at in 0..SENDERS {
            for receiver in &self.receivers {
                let (events, commands) = self.history.outstanding(sender(at), receiver.run);
                all = (all.0 + events, all.1 + commands);
            }
        }
        all
    }
}

impl Receiver {
    fn new(at: usize, orders: Arc<Orders>) -> Self {
        Self {
            at,
            run: Run {
                peer: receiver(at),
                number: 1,
            },
            bus: None,
            transport: None,
            orders,
        }
    }

    pub(super) fn name(&self) -> String {
        receiver_name(self.at)
    }

    async fn start<W: World>(
        &mut self,
        stage: &Stage<W>,
        history: &Recorder,
    ) -> Result<(), Untried> {
        let me = self.name();
        let transport = stage.world.transport(&me)?;
        self.transport = Some(Arc::downgrade(&transport));
        let seat = Seat {
            run: self.run,
            me: me.clone(),
            history: history.clone(),
            frozen: (self.at == FROZEN).then(|| self.orders.clone()),
        };
        let mut builder = Bus::builder(&me).timings(timings()).state(seat);
        builder = DefaultLane::handled(builder, &me);
        builder = OrderLane::handled(builder, &me);
        builder = BulkLane::handled(builder, &me);
        builder = Vote::handled(builder, &me);
        let incarnation = Incarnation(self.run.number);
        let bus = stage.enter(transport, incarnation, builder).await?;
        history.add(Entry::Begins(self.run));
        self.bus = Some(bus);
        Ok(())
    }

    /// Dies and starts again. `late`: how long after its new run has begun the senders learn of
    /// that; they may learn it from the run itself before.
    pub(super) async fn restart<W: World>(
        &mut self,
        stage: &Stage<W>,
        history: &Recorder,
        silently: bool,
        late: Duration,
    ) -> Result<(), Untried> {
        let me = PeerId::new(&self.name())?;
        history.add(Entry::Dies(self.run.peer));
        stage.board.forget_reader(&me);
        if silently {
            stage.world.silence(me.as_str());
        }
        self.bus = None;
        if let Some(transport) = &self.transport {
            gone(transport).await?;
        }
        stage.world.heal();
        self.run.number += 1;
        self.start(stage, history).await?;
        stage.board.tell(&me);
        tokio::time::sleep(late).await;
        for at in 0..SENDERS {
            stage.board.tell(&PeerId::new(&sender_name(at))?);
            history.add(Entry::Knows(sender(at), self.run));
        }
        history.add(Entry::Known(self.run.peer));
        Ok(())
    }
}

/// The one run of a sender.
fn sender(at: usize) -> Run {
    Run {
        peer: at as u8,
        number: 1,
    }
}
