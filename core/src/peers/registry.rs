//! All peers of a process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

use super::caught::{caught, unharmed};
use super::consequences::Consequences;
use super::deliver::Deliver;
use super::expiry::Expiry;
use super::link_task;
use super::links::LinkHandle;
use super::message_clock::MessageClock;
use super::numbers::Numbers;
use super::peer::Peer;
use super::timings::Timings;
use crate::id::{Incarnation, PeerId};
use crate::session::{LaneId, LaneNames, LaneTotals, LinkId, Losses, MemoryBudget, Own};
use crate::transport::{CloseReason, DialError, Expected, Link, Transport};

/// Most peers that are remembered at once of those whom the directory names.
const MAX_PEERS: usize = 100_000;
/// Most that are remembered beside these: they have said Hello, and it does not name them yet, or no
/// more. Whoever holds a service's certificate may say it under any number of names.
pub(super) const MAX_STRANGERS: usize = 4_096;
/// How long such a one is remembered after its last link. By then it has linked again with whom it
/// has something for, even through 30 % loss, where the slowest first link measured took 12 s.
const STRANGER_KEPT: Duration = Duration::from_secs(30);
/// Most links that may be greeting at once.
const MAX_GREETINGS: usize = 256;
/// The shortest pause between two looks at the deadlines.
const TICK: Duration = Duration::from_millis(1);

/// What all peers of a process share.
pub(crate) struct Shared {
    own: RwLock<Own>,
    pub(crate) numbers: Numbers,
    pub(crate) timings: Timings,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) deliver: Arc<dyn Deliver>,
    pub(crate) lane_names: Arc<LaneNames>,
    pub(crate) budget: MemoryBudget,
    pub(crate) is_directory: bool,
    /// Where the bus was started. Links run there, whoever publishes first, and from wherever.
    pub(crate) runtime: Handle,
    pub(super) message_clock: MessageClock,
    closed: AtomicBool,
    expiry: Expiry,
    /// Events that were accepted and ended with their receiver.
    events_lost: AtomicU64,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("own", &self.own())
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// Who this process is.
    pub(crate) fn own(&self) -> Own {
        self.own
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Whether messages have moved lately, so that bodies keep their distance.
    pub(crate) fn hears_messages(&self, now: Instant) -> bool {
        self.message_clock.moved_lately(now)
    }

    /// R12: the number of a new body, which no other run of this peer has used: whoever asks for
    /// one of a run that has ended must not be given another.
    pub(crate) fn next_body(&self) -> u64 {
        let run = self.own().incarnation.0;
        (run << 32).wrapping_add(self.numbers.next_body())
    }

    /// So many events have ended with their receiver.
    pub(super) fn events_are_lost(&self, count: u64) {
        self.events_lost.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn events_lost(&self) -> u64 {
        self.events_lost.load(Ordering::Relaxed)
    }

    /// Dials. A transport that panics over it has failed to: whoever dials goes on.
    pub(super) async fn dial(
        &self,
        address: &str,
        expected: &Expected,
    ) -> Result<Arc<dyn Link>, DialError> {
        let dialled = caught(async { self.transport.dial(address, expected).await });
        dialled.await.unwrap_or_else(|| {
            let address = address.to_owned();
            Err(DialError::Panicked { address })
        })
    }

    /// A send has this deadline.
    pub(crate) fn expires_at(&self, deadline: Instant) {
        self.expiry.at(deadline);
    }
}

/// All peers of a process.
#[derive(Debug)]
pub(crate) struct Peers {
    shared: Arc<Shared>,
    /// Sorted, so that what goes through all of them does so in the same order in every run.
    by_id: RwLock<BTreeMap<PeerId, Arc<Peer>>>,
    /// Those of them whom the directory does not name; locked after all of them.
    strangers: Mutex<BTreeSet<PeerId>>,
    /// What went through the lanes of peers that are forgotten.
    forgotten: Mutex<LaneTotals>,
}

impl Peers {
    /// Begins to accept links from `arrivals`.
    pub(crate) fn start(
        own: Own,
        is_directory: bool,
        timings: Timings,
        budget: MemoryBudget,
        transport: Arc<dyn Transport>,
        deliver: Arc<dyn Deliver>,
        arrivals: mpsc::Receiver<Arc<dyn Link>>,
    ) -> Arc<Self> {
        let shared = Arc::new(Shared {
            own: RwLock::new(own),
            numbers: Numbers::default(),
            timings,
            transport,
            deliver,
            lane_names: LaneNames::new(),
            budget,
            is_directory,
            runtime: Handle::current(),
            message_clock: MessageClock::new(),
            closed: AtomicBool::new(false),
            expiry: Expiry::new(),
            events_lost: AtomicU64::new(0),
        });
        let peers = Arc::new(Self {
            shared,
            by_id: RwLock::default(),
            strangers: Mutex::default(),
            forgotten: Mutex::default(),
        });
        tokio::spawn(accept(Arc::downgrade(&peers), arrivals));
        tokio::spawn(expire(Arc::downgrade(&peers)));
        peers
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The directory has given this process a number.
    pub(crate) fn set_incarnation(&self, incarnation: Incarnation) {
        self.shared
            .own
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .incarnation = incarnation;
    }

    pub(crate) fn get(&self, id: &PeerId) -> Option<Arc<Peer>> {
        self.by_id
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned()
    }

    /// The memory of a peer that the directory names, new if need be. `None`: there are too many.
    pub(crate) fn get_or_create(&self, id: &PeerId) -> Option<Arc<Peer>> {
        self.meet(id, true, |_| {})
    }

    /// The memory of a peer that has said Hello, whoever names it, with the link, which keeps it from
    /// being forgotten before that Hello is judged.
    pub(super) fn link(&self, id: &PeerId, link: &LinkHandle) -> Option<(Arc<Peer>, LinkId)> {
        self.meet_on(id, false, link)
    }

    /// The same of a directory server, which was dialled to register there.
    pub(super) fn link_server(
        &self,
        id: &PeerId,
        link: &LinkHandle,
    ) -> Option<(Arc<Peer>, LinkId)> {
        self.meet_on(id, true, link)
    }

    fn meet_on(&self, id: &PeerId, named: bool, link: &LinkHandle) -> Option<(Arc<Peer>, LinkId)> {
        let number = self.shared.numbers.next_link();
        let insert = |peer: &Peer| peer.links.insert(number, link.clone());
        Some((self.meet(id, named, insert)?, number))
    }

    /// `first` is done while nobody can forget the peer.
    fn meet(&self, id: &PeerId, named: bool, first: impl FnOnce(&Peer)) -> Option<Arc<Peer>> {
        let by_id = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = by_id.get(id)
            && !(named && self.is_stranger(id))
        {
            first(peer);
            return Some(peer.clone());
        }
        drop(by_id);
        let mut by_id = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
        let mut strangers = self.lock_strangers();
        let (known, stranger) = (by_id.contains_key(id), strangers.contains(id));
        let full = match named {
            true => (!known || stranger) && by_id.len() - strangers.len() >= MAX_PEERS,
            false => !known && strangers.len() >= MAX_STRANGERS,
        };
        if full {
            return None;
        }
        if named {
            strangers.remove(id);
        } else if !known {
            strangers.insert(id.clone());
        }
        drop(strangers);
        let peer = by_id.entry(id.clone());
        let peer = peer.or_insert_with(|| Peer::new(self.shared.clone(), id.clone()));
        first(peer);
        Some(peer.clone())
    }

    pub(crate) fn all(&self) -> Vec<Arc<Peer>> {
        self.by_id
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// R1: forgets a peer that the replica has removed, if nothing waits or is parked and no link or
    /// dial exists. Returns whether it is gone; what follows is to be performed after unlocking.
    pub(crate) fn forget(&self, id: &PeerId, consequences: &mut Vec<Consequences>) -> bool {
        let mut by_id = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
        let Some(peer) = by_id.get(id) else {
            return true;
        };
        let gone = !peer.is_busy() && !peer.session().has_links() && !peer.has_parked();
        if gone {
            let effects = peer.session().forget();
            consequences.extend(Consequences::of(peer, effects, Vec::new()));
            let mut forgotten = self.lock_forgotten();
            for lane in LaneId::sequenced().filter(|lane| lane.is_application()) {
                if let Some(out) = peer.lanes().out_if_used(lane) {
                    forgotten.add(out.totals().of_the_past());
                }
            }
            by_id.remove(id);
            self.lock_strangers().remove(id);
        }
        gone
    }

    /// Forgets those whom the directory does not name some time after their last link.
    pub(crate) fn forget_strangers(&self, consequences: &mut Vec<Consequences>) {
        let strangers: Vec<_> = self.lock_strangers().iter().cloned().collect();
        for id in strangers {
            if self.get(&id).is_some_and(|peer| self.stays_away(&peer)) {
                self.forget(&id, consequences);
            }
        }
    }

    /// Whether a peer is not named by the directory, is nowhere to be dialled, and has itself not come
    /// for so long that it hardly will; and nothing of it is here any more.
    pub(crate) fn stays_away(&self, peer: &Peer) -> bool {
        let alone = |since: Instant| since.elapsed() >= STRANGER_KEPT;
        let away = || peer.links.empty_since().is_some_and(alone);
        let unknown = || peer.address().is_none() && self.is_stranger(peer.id());
        away() && unknown() && !peer.has_parked()
    }

    fn is_stranger(&self, id: &PeerId) -> bool {
        self.lock_strangers().contains(id)
    }

    fn lock_strangers(&self) -> MutexGuard<'_, BTreeSet<PeerId>> {
        self.strangers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What went through the lanes of peers that are forgotten.
    pub(super) fn forgotten(&self) -> LaneTotals {
        *self.lock_forgotten()
    }

    fn lock_forgotten(&self) -> MutexGuard<'_, LaneTotals> {
        self.forgotten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes every link; nothing is dialled any more. Returns how many sends ended by it.
    pub(crate) fn close(&self) -> u64 {
        self.shared.closed.store(true, Ordering::Release);
        let mut ended = 0;
        for peer in self.all() {
            ended += stop_sends(&peer);
            peer.close_bodies();
            peer.links.close_all(CloseReason::Stopping);
        }
        ended
    }
}

/// Ends every send to a peer because this bus stops; returns how many.
fn stop_sends(peer: &Peer) -> u64 {
    let mut losses = Losses::default();
    peer.lanes().stop(&mut losses);
    peer.unsequenced().stop(&mut losses);
    losses.wake()
}

async fn accept(peers: std::sync::Weak<Peers>, mut arrivals: mpsc::Receiver<Arc<dyn Link>>) {
    let greetings = Arc::new(Semaphore::new(MAX_GREETINGS));
    while let Some(link) = arrivals.recv().await {
        let Some(peers) = peers.upgrade() else { return };
        let Ok(permit) = greetings.clone().try_acquire_owned() else {
            link.close(CloseReason::Starting);
            continue;
        };
        tokio::spawn(link_task::run_accepted(peers, link, permit));
    }
}

/// Ends the sends whose deadline passes.
async fn expire(peers: std::sync::Weak<Peers>) {
    loop {
        let Some(strong) = peers.upgrade() else {
            return;
        };
        if strong.shared.is_closed() {
            return;
        }
        let shared = strong.shared.clone();
        drop(strong);
        let next = shared.expiry.next();
        let far = Instant::now() + Duration::from_secs(1);
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(next.unwrap_or(far).min(far)) => {}
            () = shared.expiry.earlier() => continue,
        }
        let now = Instant::now();
        if next.is_none_or(|next| next > now) {
            continue;
        }
        shared.expiry.clear();
        let Some(strong) = peers.upgrade() else {
            return;
        };
        let peers = strong.all();
        let peers = peers.iter().map(|peer| look(now, || peer.expire(now)));
        let here = std::iter::once_with(|| look(now, || shared.deliver.expire(now)));
        let earliest = peers.chain(here).flatten().min();
        drop(strong);
        if let Some(earliest) = earliest {
            shared.expires_at(earliest.max(now + TICK));
        }
    }
}

/// Looks at some deadlines: the earliest that has not passed. The clock is that of the whole process:
/// where whoever is told of one panics it goes on, and looks again.
fn look(now: Instant, expire: impl FnOnce() -> Option<Instant>) -> Option<Instant> {
    unharmed("who is told of a deadline", expire).unwrap_or(Some(now))
}
