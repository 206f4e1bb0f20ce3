//! A peer, over all its runs, and what it sends to the services.

use std::sync::Arc;
use std::time::Duration;

use quibus::bus::{Bus, Timings};
use quibus::directory::PeerState;
use quibus::dispatch::HandlerExt;
use quibus::transport::Transport;
use quibus::{Identity, PeerId, Revision};
use tokio::task::JoinSet;

use super::super::claim::Untried;
use super::contract::{Book, Booked, Noted, Seat, book, noted};
use crate::history::{Entry, Manner, Recorder, Run, Stream, Told};
use crate::worlds::{World, gone};

/// How many services there are; their numbers come first.
pub(super) const SERVICES: usize = 3;
/// How many clients, which are never stopped.
pub(super) const CLIENTS: usize = 2;
/// Sends of one feed that may wait for their outcome.
const IN_FLIGHT: usize = 64;
/// Between two rounds of a feed. A load, not a flood: a stop is to meet work of every kind.
const PAUSE: Duration = Duration::from_millis(1);
/// Messages in a round.
const ROUND: usize = 4;
/// Longer than any stop, and than a start through a storm.
const PATIENT: Duration = Duration::from_secs(60);

/// A peer, over all its runs.
pub(super) struct Service {
    pub(super) run: Run,
    pub(super) bus: Option<Bus>,
    transport: Option<std::sync::Weak<dyn Transport>>,
    feeds: JoinSet<()>,
}

pub(super) fn name(peer: u8) -> String {
    match usize::from(peer) {
        at if at < SERVICES => format!("Desk.{at}"),
        at => format!("Clerk.{}", at - SERVICES),
    }
}

impl Service {
    pub(super) fn new(peer: u8) -> Self {
        Self {
            run: Run { peer, number: 0 },
            bus: None,
            transport: None,
            feeds: JoinSet::new(),
        }
    }

    pub(super) fn is_client(&self) -> bool {
        usize::from(self.run.peer) >= SERVICES
    }

    /// Starts its next run; it sends nothing yet.
    pub(super) async fn start<W: World>(
        &mut self,
        world: &W,
        directory: &str,
        timings: Timings,
        history: &Recorder,
    ) -> Result<(), Untried> {
        self.run.number += 1;
        let me = name(self.run.peer);
        let peer = PeerId::new(&me)?;
        let transport = world.transport_as(&me, &Identity::Peer(peer))?;
        self.transport = Some(Arc::downgrade(&transport));
        let mut builder = Bus::builder(&me)
            .shared_transport(transport)
            .directory(directory)
            .registration_timeout(PATIENT)
            .timings(timings);
        if !self.is_client() {
            let seat = Seat {
                run: self.run,
                history: history.clone(),
            };
            builder = builder
                .state(seat)
                .handle(noted.matching(Noted::route().to(&*me)))
                .handle(
                    book.matching(Book::route().to(&*me))
                        .queue("commands")
                        .concurrency(4),
                );
        }
        history.add(Entry::Begins(self.run));
        self.bus = Some(builder.start().await?);
        Ok(())
    }

    /// Begins to send to every service but itself.
    pub(super) fn feed(&mut self, history: &Recorder) {
        let Some(bus) = &self.bus else { return };
        for to in (0..SERVICES as u8).filter(|to| *to != self.run.peer) {
            let feed = Feed {
                bus: bus.clone(),
                to: name(to),
                stream: Stream {
                    from: self.run,
                    to,
                    lane: 0,
                },
                history: history.clone(),
            };
            self.feeds.spawn(feed.run());
        }
    }

    /// Stops it while it and all others send; in words, what was left behind.
    pub(super) async fn stop(
        &mut self,
        within: Duration,
        history: &Recorder,
    ) -> Result<(), String> {
        let peer = self.run.peer;
        let Some(bus) = self.bus.take() else {
            return Ok(());
        };
        history.add(Entry::Stops(peer));
        let stopped = bus.stop(within).await;
        // Its own feeds end with it.
        while self.feeds.join_next().await.is_some() {}
        let clean = stopped.is_ok();
        history.add(Entry::Stopped { peer, clean });
        drop(bus);
        if let Some(transport) = &self.transport {
            gone(transport).await.map_err(|error| error.to_string())?;
        }
        stopped
            .map(|_| ())
            .map_err(|error| format!("{}: {error}: {:?}", name(peer), error.0))
    }

    /// How many feeds still run.
    pub(super) fn feeds(&self) -> usize {
        self.feeds.len()
    }
}

/// What one run sends to one service.
struct Feed {
    bus: Bus,
    to: String,
    stream: Stream,
    history: Recorder,
}

impl Feed {
    /// Sends until its own bus stops, and until every outcome is there.
    async fn run(self) {
        let mut sends = JoinSet::new();
        loop {
            for at in 0..ROUND {
                let alive = if at == 0 {
                    self.send(&mut sends);
                    true
                } else {
                    self.publish().await
                };
                if !alive {
                    sends.join_all().await;
                    return;
                }
            }
            while sends.len() >= IN_FLIGHT {
                sends.join_next().await;
            }
            while sends.try_join_next().is_some() {}
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// `false`: its own bus stops.
    async fn publish(&self) -> bool {
        let number = self.history.publishing(self.stream);
        let event = Noted {
            to: self.to.clone(),
            from: u32::from(self.stream.from.peer),
            run: self.stream.from.number,
            number,
        };
        let published = self.bus.publish(event).await;
        self.history.add(match &published {
            Ok(published) if published.queued == 1 => Entry::Published(self.stream),
            Ok(published) if published.missed > 0 => Entry::Missed(self.stream),
            // Nobody wants it at this moment.
            _ => Entry::Withdrawn(self.stream),
        });
        published.is_ok()
    }

    fn send(&self, sends: &mut JoinSet<()>) {
        let (stream, history) = (self.stream, self.history.clone());
        let number = history.sending(stream, Manner::AtOnce, false);
        let command = Book {
            to: self.to.clone(),
            from: u32::from(stream.from.peer),
            run: stream.from.number,
            number,
        };
        let sending = self.bus.send(command).timeout(PATIENT);
        let (bus, to) = (self.bus.clone(), self.to.clone());
        let before = shown(&bus, &to);
        sends.spawn(async move {
            let told = match sending.await {
                Ok(Booked { number: answered }) if answered == number => Told::Replied,
                Ok(Booked { number: answered }) => Told::Wrong(format!("the reply to {answered}")),
                Err(error) => match Told::error(&error, true) {
                    Told::Unroutable { .. } => Told::Unroutable {
                        shown: !before.is_up() || before != shown(&bus, &to),
                    },
                    told => told,
                },
            };
            history.add(Entry::Ended {
                stream,
                number,
                told,
            });
        });
    }
}

/// What a sender's replica says of a receiver: through heavy loss it may be behind, and the
/// directory takes for silent who is not heard.
#[derive(PartialEq)]
struct Shown(Option<(PeerState, Revision)>);

impl Shown {
    fn is_up(&self) -> bool {
        matches!(self.0, Some((PeerState::Up, _)))
    }
}

fn shown(bus: &Bus, to: &str) -> Shown {
    let peers = bus.peers();
    let known = peers.iter().find(|known| known.peer.as_str() == to);
    Shown(known.map(|known| (known.state, known.revision)))
}
