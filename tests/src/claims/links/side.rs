//! One of the two peers: its runs, one after the other, and what is done to its links.

use std::sync::Arc;
use std::time::Duration;

use quibus::bus::{Builder, Bus};
use quibus::transport::Transport;
use quibus::{Incarnation, PeerId};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::super::claim::Untried;
use super::contract::{AddOne, Numbered, Seat, add_one, at_once, numbered};
use super::meddling_transport::{Meddler, MeddlingTransport};
use super::traffic::{Allowance, Traffic};
use crate::history::{Entry, Recorder, Run};
use crate::worlds::{Stage, World};
use quibus::bus::Timings;
use quibus::dispatch::HandlerExt;

/// How soon links are given up and dialled again; some twenty times sooner than outside of tests.
fn timings() -> Timings {
    Timings {
        hello: Duration::from_millis(500),
        ping_after: Duration::from_millis(50),
        broken_after: Duration::from_millis(150),
        redial: Duration::from_millis(2),
        redial_max: Duration::from_millis(100),
        ..Timings::default()
    }
}

/// One of the two peers.
pub(super) struct Side {
    pub(super) peer: PeerId,
    pub(super) other: PeerId,
    pub(super) run: Run,
    pub(super) meddler: Arc<Meddler>,
    pub(super) history: Recorder,
    pub(super) allowance: watch::Sender<Allowance>,
    pub(super) random: fastrand::Rng,
    pub(super) alive: Option<Alive>,
}

/// A run that is alive.
pub(super) struct Alive {
    pub(super) bus: Bus,
    traffic: JoinSet<()>,
    transport: std::sync::Weak<dyn Transport>,
}

impl Side {
    /// Whether this side has a link in use.
    pub(super) fn is_linked(&self) -> bool {
        let alive = self.alive.as_ref();
        alive.is_some_and(|alive| alive.bus.authority().is_linked(&self.other))
    }

    /// Whether it has sent all this.
    pub(super) fn has_sent(&self, allowed: Allowance) -> bool {
        let (events, commands) = self.history.sent(self.run.peer);
        events >= allowed.events && commands >= allowed.commands
    }

    /// Whether all that this run has sent has been handled and answered.
    pub(super) fn is_quiet(&self, others_run: Run) -> bool {
        self.history.outstanding(self.run, others_run) == (0, 0)
    }

    /// Starts a run and enters it on the board; it sends nothing yet and knows of nobody.
    pub(super) async fn start<W: World>(&mut self, stage: &Stage<W>) -> Result<(), Untried> {
        let transport = stage.world.transport(self.peer.as_str())?;
        let transport: Arc<dyn Transport> = MeddlingTransport::new(transport, self.meddler.clone());
        let weak = Arc::downgrade(&transport);
        let bus = stage
            .enter(transport, Incarnation(self.run.number), self.builder())
            .await?;
        self.history.add(Entry::Begins(self.run));
        self.alive = Some(Alive {
            bus,
            traffic: JoinSet::new(),
            transport: weak,
        });
        Ok(())
    }

    /// The run knows of the other side: it begins to send.
    pub(super) fn begin_traffic(&mut self) {
        if let Some(alive) = &mut self.alive {
            let traffic = Traffic {
                bus: alive.bus.clone(),
                to: self.other.clone(),
                run: self.run,
                receiver: 1 - self.run.peer,
                history: self.history.clone(),
                allowed: self.allowance.subscribe(),
                random: self.random.fork(),
            };
            alive.traffic = traffic.start();
        }
    }

    /// The run ends where it is. Returns what must be gone soon.
    pub(super) async fn kill<W: World>(
        &mut self,
        stage: &Stage<W>,
    ) -> Option<std::sync::Weak<dyn Transport>> {
        self.history.add(Entry::Dies(self.run.peer));
        let mut alive = self.alive.take()?;
        stage.board.forget_reader(&self.peer);
        alive.traffic.shutdown().await;
        self.run.number += 1;
        Some(alive.transport)
    }

    /// The other side knows of this run.
    pub(super) fn is_known_to(&self, other: Run) {
        self.history.add(Entry::Known(self.run.peer));
        self.history.add(Entry::Knows(other, self.run));
    }

    /// Ends what this side sends, without ending its run.
    pub(super) async fn end_traffic(&mut self) {
        if let Some(alive) = &mut self.alive {
            alive.traffic.shutdown().await;
        }
    }

    fn builder(&self) -> Builder {
        let seat = Seat {
            run: self.run,
            history: self.history.clone(),
        };
        let me = self.peer.as_str();
        Bus::builder(me)
            .timings(timings())
            .state(seat)
            .handle(numbered.matching(Numbered::route().to(me)))
            .handle(
                add_one
                    .matching(AddOne::route().to(me))
                    .queue("commands")
                    .concurrency(at_once(self.run.peer)),
            )
    }
}

impl Alive {
    /// Lets go of the bus. Returns what must be gone soon.
    pub(super) fn into_transport(self) -> std::sync::Weak<dyn Transport> {
        self.transport
    }
}
