//! The clients of a relay.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::task::JoinSet;

use super::client::Client;
use super::path::Path;
use super::port::Port;
use super::tasks;

/// A bounded table of clients by address, each with the task that carries its answers.
pub(crate) struct Clients {
    path: Arc<Path>,
    front: Arc<Port>,
    most: usize,
    seats: HashMap<SocketAddr, Seat>,
}

struct Seat {
    client: Arc<Client>,
    /// Carries what comes back; ends with this.
    _answers: JoinSet<()>,
}

impl Clients {
    /// Nobody yet, and never more than `most`.
    pub(crate) fn new(path: Arc<Path>, front: Arc<Port>, most: usize) -> Self {
        Self {
            path,
            front,
            most: most.max(1),
            seats: HashMap::new(),
        }
    }

    /// The client at this address: a new one if there is none, in the place of the one longest
    /// silent if there are too many.
    ///
    /// # Errors
    /// If there is no socket for a new one.
    pub(crate) fn at(&mut self, address: SocketAddr) -> io::Result<Arc<Client>> {
        if let Some(seat) = self.seats.get(&address) {
            return Ok(seat.client.clone());
        }
        let port = Port::towards(self.path.target())?;
        let client = Arc::new(Client::new(address, port));
        let answer = tasks::answer(self.path.clone(), client.clone(), self.front.clone());
        let mut answers = JoinSet::new();
        answers.spawn(answer);
        self.make_room();
        let seat = Seat {
            client: client.clone(),
            _answers: answers,
        };
        self.seats.insert(address, seat);
        self.count();
        Ok(client)
    }

    /// Lets the target see every client come from another port: how many there are.
    ///
    /// # Errors
    /// If there are no sockets; then some have changed and others have not.
    pub(crate) fn move_all(&self) -> io::Result<usize> {
        for seat in self.seats.values() {
            seat.client.move_to(Port::towards(self.path.target())?);
            self.path.addresses_changed.fetch_add(1, Ordering::Relaxed);
        }
        Ok(self.seats.len())
    }

    fn make_room(&mut self) {
        while self.seats.len() >= self.most {
            let silent = self
                .seats
                .values()
                .min_by_key(|seat| seat.client.last_heard());
            let Some(address) = silent.map(|seat| seat.client.address) else {
                return;
            };
            self.seats.remove(&address);
            self.path.evicted.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn count(&self) {
        let clients = self.seats.len() as u64;
        self.path.clients.store(clients, Ordering::Relaxed);
    }
}
