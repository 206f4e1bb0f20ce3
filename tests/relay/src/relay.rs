//! A running relay.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::counters::Counters;
use super::direction::Direction;
use super::path::Path;
use super::port::Port;
use super::setup::{Setup, StartError};
use super::tasks::{self, Move};
use super::weather::Weather;

/// Changes of address asked for at once; further ones wait.
const MOVES: usize = 4;

/// Forwards datagrams between whoever sends to its address and one target, through [`Weather`].
///
/// Each client has a socket of its own towards the target, so the target tells clients apart.
/// Everything ends when this is dropped.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    path: Arc<Path>,
    moves: mpsc::Sender<Move>,
    /// Ends with the relay.
    _forward: JoinSet<()>,
}

impl Relay {
    /// A relay to this address, still to be set up and started.
    pub fn to(target: SocketAddr) -> Setup {
        Setup::new(target)
    }

    pub(crate) fn start(setup: &Setup) -> Result<Self, StartError> {
        let front = Port::bind(setup.listen).map_err(|cause| StartError::Listen {
            address: setup.listen,
            cause,
        })?;
        let address = front.address();
        let path = Arc::new(Path::new(setup.target, setup.seed, setup.room));
        let (moves, asked) = mpsc::channel(MOVES);
        let front = Arc::new(front);
        let forward = tasks::forward(path.clone(), front, setup.clients, asked);
        let mut tasks = JoinSet::new();
        tasks.spawn(forward);
        let relay = Self {
            address,
            path,
            moves,
            _forward: tasks,
        };
        for direction in Direction::BOTH {
            relay.set_weather_of(direction, setup.weather[direction.place()]);
        }
        Ok(relay)
    }

    /// Where clients send to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where everything is forwarded to.
    pub fn target(&self) -> SocketAddr {
        self.path.target()
    }

    /// From now on everything is forwarded there; it must be of the same address family. For a
    /// target that starts again on another port.
    pub fn set_target(&self, target: SocketAddr) {
        self.path.set_target(target);
    }

    /// The weather of one direction.
    pub fn weather_of(&self, direction: Direction) -> Weather {
        *self.path.way(direction).weather()
    }

    /// The weather of both directions from now on. What is on its way keeps its fate.
    pub fn set_weather(&self, weather: Weather) {
        for direction in Direction::BOTH {
            self.set_weather_of(direction, weather);
        }
    }

    /// The weather of one direction from now on. What is on its way keeps its fate.
    pub fn set_weather_of(&self, direction: Direction, weather: Weather) {
        self.path.way(direction).set_weather(weather);
    }

    /// Nothing enters this direction any more.
    pub fn cut(&self, direction: Direction) {
        self.set_cut(direction, true);
    }

    /// Nothing enters either direction any more.
    pub fn cut_both(&self) {
        for direction in Direction::BOTH {
            self.cut(direction);
        }
    }

    /// Ends cuts of both directions; the rest of their weather stays.
    pub fn heal(&self) {
        for direction in Direction::BOTH {
            self.set_cut(direction, false);
        }
    }

    /// Whether this direction is cut; the rest of its weather stays.
    pub fn set_cut(&self, direction: Direction, cut: bool) {
        let mut way = self.path.way(direction);
        let weather = Weather {
            cut,
            ..*way.weather()
        };
        way.set_weather(weather);
    }

    /// Lets the target see every client come from another port, as when a NAT forgets them: how
    /// many there are. What the target still sends to the old ports meets nobody; what has come in
    /// there already arrives.
    ///
    /// # Errors
    /// If there are no sockets; then some have changed and others have not.
    pub async fn change_addresses(&self) -> io::Result<usize> {
        let gone = || io::Error::other("the relay's runtime has ended");
        let (asked, told) = oneshot::channel();
        self.moves.send(asked).await.map_err(|_| gone())?;
        told.await.map_err(|_| gone())?
    }

    /// What has happened so far.
    pub fn counters(&self) -> Counters {
        self.path.counters()
    }

    /// Waits until what has happened is enough. Asked after every batch of packets.
    pub async fn until(&self, mut enough: impl FnMut(&Counters) -> bool) -> Counters {
        loop {
            let mut counted = pin!(self.path.counted.notified());
            counted.as_mut().enable();
            let counters = self.counters();
            if enough(&counters) {
                return counters;
            }
            counted.await;
        }
    }
}
