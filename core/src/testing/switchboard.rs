//! Who is bound where, which links exist, and what is wrong with which route.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};

use super::connection::{Connection, Side, State, Wakes};
use super::delay::Delay;
use super::faults::Counters;
use super::memory_link::MemoryLink;
use crate::id::{Identity, PeerId};
use crate::transport::{CloseReason, Link, Remote};

/// What every address on the network begins with.
pub(super) const SCHEME: &str = "memory:";

/// Shared by all handles of one network. Its lock is taken before that of a connection, never the
/// other way round, and wakers are woken under neither.
#[derive(Debug)]
pub(super) struct Switchboard {
    table: Mutex<Table>,
    /// Something has changed that a waiting dial may have waited for.
    pub(super) changed: Notify,
    pub(super) counters: Arc<Counters>,
}

#[derive(Debug)]
struct Table {
    random: fastrand::Rng,
    handshake_timeout: Duration,
    next_number: u64,
    stations: BTreeMap<u64, Station>,
    links: BTreeMap<u64, Registered>,
    routes: BTreeMap<(String, String), Route>,
    delay: Delay,
    refusing: BTreeSet<String>,
}

/// A bound transport.
#[derive(Debug, Clone)]
pub(super) struct Station {
    pub(super) address: String,
    pub(super) peer: PeerId,
    pub(super) identity: Identity,
    pub(super) environment: String,
    pub(super) arrivals: mpsc::Sender<Arc<dyn Link>>,
    pub(super) runtime: Handle,
}

/// What is wrong with the way from one peer to another, also while neither is there.
#[derive(Debug, Clone, Copy, Default)]
struct Route {
    delay: Option<Delay>,
    hole: bool,
}

#[derive(Debug)]
struct Registered {
    /// The station on each side and the peer it is.
    stations: [(u64, PeerId); 2],
    connection: Weak<Connection>,
}

/// What a dial meets.
#[derive(Debug)]
pub(super) enum Meeting {
    /// The dialler itself is not bound.
    Unbound,
    /// Nobody is there, or nothing gets there and back.
    Nobody,
    Refusal(PeerId),
    /// Somebody, and how long there and back takes.
    Somebody(u64, Box<Station>, Duration),
}

/// A link of two sides, not handed out yet.
pub(super) struct NewLink {
    pub(super) dialled: MemoryLink,
    pub(super) accepted: MemoryLink,
}

impl Switchboard {
    pub(super) fn new(seed: u64) -> Self {
        let table = Table {
            random: fastrand::Rng::with_seed(seed),
            handshake_timeout: Duration::from_secs(5),
            next_number: 0,
            stations: BTreeMap::new(),
            links: BTreeMap::new(),
            routes: BTreeMap::new(),
            delay: Delay::default(),
            refusing: BTreeSet::new(),
        };
        Self {
            table: Mutex::new(table),
            changed: Notify::new(),
            counters: Arc::default(),
        }
    }

    pub(super) fn handshake_timeout(&self) -> Duration {
        self.table().handshake_timeout
    }

    pub(super) fn set_handshake_timeout(&self, timeout: Duration) {
        self.table().handshake_timeout = timeout;
    }

    /// Binds at `address`, or at one of the network's choice. The error is who is there already.
    pub(super) fn bind(
        &self,
        address: Option<&str>,
        station: impl FnOnce(String) -> Station,
    ) -> Result<(u64, String), PeerId> {
        let mut table = self.table();
        let number = table.number();
        let address = address.map_or_else(|| format!("{SCHEME}{number}"), str::to_owned);
        if let Some((_, occupant)) = table.at(&address) {
            return Err(occupant.peer.clone());
        }
        table.stations.insert(number, station(address.clone()));
        drop(table);
        self.changed.notify_waiters();
        Ok((number, address))
    }

    pub(super) fn is_bound(&self, station: u64) -> bool {
        self.table().stations.contains_key(&station)
    }

    /// Frees the address and closes the links of a station.
    pub(super) fn close(&self, station: u64) {
        let remove = |table: &mut Table| table.stations.remove(&station);
        let removed = self.change_links(remove, |_, link, state, wakes| {
            for side in Side::BOTH {
                if link.stations[side as usize].0 == station {
                    state.close(side, CloseReason::Stopping, wakes);
                }
            }
        });
        drop(removed);
        self.changed.notify_waiters();
    }

    /// Frees the addresses of `peer` and breaks its links. Returns how many.
    pub(super) fn kill(&self, peer: &str) -> usize {
        let remove = |table: &mut Table| {
            let stations = std::mem::take(&mut table.stations).into_iter();
            let (killed, left): (BTreeMap<_, _>, _) =
                stations.partition(|(_, station)| station.peer.as_str() == peer);
            table.stations = left;
            killed
        };
        let mut broken = 0;
        let removed = self.change_links(remove, |_, link, state, wakes| {
            if link.stations.iter().any(|(_, name)| name.as_str() == peer) {
                let alive = state.sever(&format!("the process of {peer} was killed"), wakes);
                broken += usize::from(alive);
            }
        });
        self.counters.links_killed.add(broken);
        drop(removed);
        self.changed.notify_waiters();
        broken
    }

    /// Breaks the links between two peers. Returns how many.
    pub(super) fn cut(&self, one: &str, other: &str) -> usize {
        let mut broken = 0;
        let unchanged = |_: &mut Table| {};
        self.change_links(unchanged, |_, link, state, wakes| {
            if link.is_between(one, other) {
                broken += usize::from(state.sever("the network was cut", wakes));
            }
        });
        self.counters.links_cut.add(broken);
        broken
    }

    /// Opens or closes the black hole from one peer to another.
    pub(super) fn set_hole(&self, from: &str, to: &str, hole: bool) {
        let set = |table: &mut Table| table.route(from, to).hole = hole;
        self.change_links(set, |_, link, state, wakes| {
            for side in link.sides_from(from, to) {
                if hole {
                    state.open_hole(side, wakes);
                } else {
                    state.close_hole(side, wakes);
                }
            }
        });
        self.changed.notify_waiters();
    }

    /// Closes every black hole.
    pub(super) fn close_holes(&self) {
        let holed = {
            let table = self.table();
            let holed = table.routes.iter().filter(|(_, route)| route.hole);
            holed.map(|(ends, _)| ends.clone()).collect::<Vec<_>>()
        };
        for (from, to) in holed {
            self.set_hole(&from, &to, false);
        }
    }

    /// Sets how long bytes travel on routes that have no delay of their own.
    pub(super) fn set_delay(&self, delay: Delay) {
        self.change_delays(|table| table.delay = delay);
    }

    /// Sets how long bytes travel from one peer to another.
    pub(super) fn set_delay_of(&self, from: &str, to: &str, delay: Delay) {
        self.change_delays(|table| table.route(from, to).delay = Some(delay));
    }

    pub(super) fn refuse(&self, peer: &str, refuse: bool) {
        let mut table = self.table();
        if refuse {
            table.refusing.insert(peer.to_owned());
        } else {
            table.refusing.remove(peer);
        }
    }

    pub(super) fn accept_all(&self) {
        self.table().refusing.clear();
    }

    /// What `dialler` meets at `address` now.
    pub(super) fn meet(&self, dialler: u64, address: &str) -> Meeting {
        let mut table = self.table();
        let Some(from) = table.stations.get(&dialler).map(|from| from.peer.clone()) else {
            return Meeting::Unbound;
        };
        let Some((number, station)) = table.at(address) else {
            return Meeting::Nobody;
        };
        let station = Box::new(station.clone());
        let delays = [(&from, &station.peer), (&station.peer, &from)]
            .map(|(from, to)| table.delay_if_passable(from.as_str(), to.as_str()));
        let [Some(there), Some(back)] = delays else {
            return Meeting::Nobody;
        };
        if table.refusing.contains(station.peer.as_str()) {
            return Meeting::Refusal(station.peer.clone());
        }
        let travels = there.draw(&mut table.random) + back.draw(&mut table.random);
        Meeting::Somebody(number, station, travels)
    }

    /// Makes a link of two stations; `None` when they do not reach each other any more.
    pub(super) fn link(self: &Arc<Self>, dialler: u64, acceptor: u64) -> Option<NewLink> {
        let mut table = self.table();
        let from = table.stations.get(&dialler)?.clone();
        let to = table.stations.get(&acceptor)?.clone();
        let (dialler_name, acceptor_name) = (from.peer.as_str(), to.peer.as_str());
        let delays = [
            table.delay_if_passable(dialler_name, acceptor_name)?,
            table.delay_if_passable(acceptor_name, dialler_name)?,
        ];
        let connection = Connection::new(delays, &mut table.random, &self.counters);
        let number = table.number();
        let registered = Registered {
            stations: [(dialler, from.peer.clone()), (acceptor, to.peer.clone())],
            connection: Arc::downgrade(&connection),
        };
        table.links.insert(number, registered);
        drop(table);
        let watch = Watch {
            switchboard: self.clone(),
            number,
            connection: connection.clone(),
        };
        from.runtime.spawn(watch.run());
        Some(NewLink {
            dialled: from.handle(connection.clone(), Side::Dialler, &to),
            accepted: to.handle(connection, Side::Acceptor, &from),
        })
    }

    fn change_delays(&self, change: impl FnOnce(&mut Table)) {
        self.change_links(change, |table, link, state, _| {
            for side in Side::BOTH {
                let route = table.routes.get(&link.ends_from(side));
                let delay = route.and_then(|route| route.delay);
                state.set_delay(side, delay.unwrap_or(table.delay));
            }
        });
    }

    /// Changes the table and then every link, in one go; then wakes whom it concerns.
    fn change_links<T>(
        &self,
        prepare: impl FnOnce(&mut Table) -> T,
        mut change: impl FnMut(&Table, &Registered, &mut State, &mut Wakes),
    ) -> T {
        let mut table = self.table();
        let prepared = prepare(&mut table);
        let mut changed = Vec::new();
        for link in table.links.values() {
            if let Some(connection) = link.connection.upgrade() {
                let mut wakes = Wakes::default();
                connection.change_quietly(&mut wakes, |state, wakes| {
                    change(&table, link, state, wakes);
                });
                changed.push((connection, wakes));
            }
        }
        drop(table);
        for (connection, wakes) in changed {
            connection.wake(wakes);
        }
        prepared
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    fn at(&self, address: &str) -> Option<(u64, &Station)> {
        let mut stations = self.stations.iter();
        let found = stations.find(|(_, station)| station.address == address);
        found.map(|(number, station)| (*number, station))
    }

    fn route(&mut self, from: &str, to: &str) -> &mut Route {
        let ends = (from.to_owned(), to.to_owned());
        self.routes.entry(ends).or_default()
    }

    fn delay_if_passable(&self, from: &str, to: &str) -> Option<Delay> {
        let ends = (from.to_owned(), to.to_owned());
        let route = self.routes.get(&ends).copied().unwrap_or_default();
        (!route.hole).then(|| route.delay.unwrap_or(self.delay))
    }
}

impl Registered {
    /// The names of the peers that `side` writes from and to.
    fn ends_from(&self, side: Side) -> (String, String) {
        let name = |side: Side| self.stations[side as usize].1.as_str().to_owned();
        (name(side), name(side.other()))
    }

    /// The sides that write from one peer to another: two where a peer is linked to itself.
    fn sides_from<'a>(&'a self, from: &'a str, to: &'a str) -> impl Iterator<Item = Side> + 'a {
        let name = |side: Side| self.stations[side as usize].1.as_str();
        Side::BOTH
            .into_iter()
            .filter(move |side| name(*side) == from && name(side.other()) == to)
    }

    fn is_between(&self, one: &str, other: &str) -> bool {
        let sides = self.sides_from(one, other);
        sides.chain(self.sides_from(other, one)).next().is_some()
    }
}

impl Station {
    fn handle(&self, connection: Arc<Connection>, side: Side, other: &Station) -> MemoryLink {
        MemoryLink {
            connection,
            side,
            runtime: self.runtime.clone(),
            remote: Remote {
                identity: other.identity.clone(),
                environment: other.environment.clone(),
                address: other.address.clone(),
            },
        }
    }
}

/// Lives as long as the link: lets its ends arrive, then forgets it. A link whose runtime stops is
/// broken, so that a side on another runtime learns it.
struct Watch {
    switchboard: Arc<Switchboard>,
    number: u64,
    connection: Arc<Connection>,
}

impl Watch {
    async fn run(self) {
        let ended = self.connection.wait(|state, wakes| state.pass_time(wakes));
        ended.await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.connection.change(|state, wakes| {
            state.sever("the runtime has stopped", wakes);
        });
        self.switchboard.table().links.remove(&self.number);
    }
}
