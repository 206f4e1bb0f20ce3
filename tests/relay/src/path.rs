//! What all tasks of a relay share.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::counters::Counters;
use super::direction::Direction;
use super::load::Room;
use super::way::Way;

/// Both ways between clients and a target.
#[derive(Debug)]
pub(crate) struct Path {
    target: Mutex<SocketAddr>,
    ways: [Mutex<Way>; 2],
    started: Instant,
    /// Clients known now.
    pub(crate) clients: AtomicU64,
    /// Clients forgotten for others.
    pub(crate) evicted: AtomicU64,
    /// Changes of address.
    pub(crate) addresses_changed: AtomicU64,
    /// Something was counted.
    pub(crate) counted: Notify,
}

impl Path {
    /// Clear skies towards a target.
    pub(crate) fn new(target: SocketAddr, seed: u64, room: Room) -> Self {
        Self {
            target: Mutex::new(target),
            ways: Direction::BOTH.map(|direction| Mutex::new(Way::new(seed, direction, room))),
            started: Instant::now(),
            clients: AtomicU64::default(),
            evicted: AtomicU64::default(),
            addresses_changed: AtomicU64::default(),
            counted: Notify::new(),
        }
    }

    /// Where clients are forwarded to.
    pub(crate) fn target(&self) -> SocketAddr {
        *locked(&self.target)
    }

    /// Where clients are forwarded to from now on.
    pub(crate) fn set_target(&self, target: SocketAddr) {
        *locked(&self.target) = target;
    }

    /// One direction. Held for no longer than a batch of packets takes.
    pub(crate) fn way(&self, direction: Direction) -> MutexGuard<'_, Way> {
        locked(&self.ways[direction.place()])
    }

    /// Time since the relay started.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// When so much time has passed since the relay started; `None`: never.
    pub(crate) fn instant(&self, at: Duration) -> Option<Instant> {
        self.started.checked_add(at)
    }

    /// What has been counted.
    pub(crate) fn counters(&self) -> Counters {
        Counters {
            to_target: self.way(Direction::ToTarget).counts(),
            from_target: self.way(Direction::FromTarget).counts(),
            clients: self.clients.load(Ordering::Relaxed),
            evicted: self.evicted.load(Ordering::Relaxed),
            addresses_changed: self.addresses_changed.load(Ordering::Relaxed),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is inside is valid after every statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
