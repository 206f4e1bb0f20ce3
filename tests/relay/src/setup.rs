//! How a relay is to be, before it starts.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use super::direction::Direction;
use super::load::Room;
use super::relay::Relay;
use super::weather::Weather;

/// Clients of a relay, unless said otherwise. Each is a socket and a task.
const CLIENTS: usize = 256;

/// A relay that has not started. Made by [`Relay::to`].
#[derive(Debug, Clone)]
#[must_use = "a relay does nothing before it starts"]
pub struct Setup {
    pub(crate) target: SocketAddr,
    pub(crate) listen: SocketAddr,
    pub(crate) seed: u64,
    pub(crate) weather: [Weather; 2],
    pub(crate) clients: usize,
    pub(crate) room: Room,
}

/// Why a relay did not start. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no socket at this address.
    #[error("cannot listen on {address}: {cause}; choose a free address of this machine")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the operating system says.
        #[source]
        cause: io::Error,
    },
}

impl Setup {
    /// A free port of 127.0.0.1, seed 0, clear skies, 256 clients, the default [`Room`].
    pub(crate) fn new(target: SocketAddr) -> Self {
        Self {
            target,
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            seed: 0,
            weather: [Weather::CLEAR; 2],
            clients: CLIENTS,
            room: Room::default(),
        }
    }

    /// Where clients send to; port 0 is any free one.
    pub fn listen(self, listen: SocketAddr) -> Self {
        Self { listen, ..self }
    }

    /// What all chances are drawn from.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The weather of both directions.
    pub fn weather(self, weather: Weather) -> Self {
        Self {
            weather: [weather; 2],
            ..self
        }
    }

    /// The weather of one direction.
    pub fn weather_of(mut self, direction: Direction, weather: Weather) -> Self {
        self.weather[direction.place()] = weather;
        self
    }

    /// How many clients it remembers, at least 1. For one more, that longest silent is forgotten
    /// with what is on its way back to it.
    pub fn clients(self, clients: usize) -> Self {
        Self { clients, ..self }
    }

    /// How much may be on its way in each direction. What is too much is dropped and counted as
    /// overflowed.
    pub fn room(self, room: Room) -> Self {
        Self { room, ..self }
    }

    /// Starts it, within a tokio runtime that has its network and time enabled.
    ///
    /// # Errors
    /// If there is no socket at the address to listen on.
    pub fn start(self) -> Result<Relay, StartError> {
        Relay::start(&self)
    }
}
