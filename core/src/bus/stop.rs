//! Stopping without losing anything (promise 28).

use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, Notify, watch};
use tokio::time::Instant;

use super::debtors::Debtors;
use super::inner::{Inner, Life};
use super::stop_report::{IncompleteStop, StopReport};
use crate::peers::{Peer, Standing};
use crate::session::Losses;

/// The last acknowledgement is given this long to leave before the links close.
const LAST_ACKS: Duration = Duration::from_millis(10);

/// What a session decides wakes who waits for it; what a lane frees, and who comes, does not, so
/// look again now and then.
pub(super) const LOOK: Duration = Duration::from_millis(20);

type Answer = Result<StopReport, IncompleteStop>;

/// The stop of a bus, which everybody who asks for one shares.
#[derive(Debug)]
pub(super) struct Stopping {
    /// Held by whoever carries it out. If that one is dropped, the next goes on.
    answer: Mutex<Option<Answer>>,
    /// The earliest of the deadlines that were given. `None`: none yet, or none that will come.
    by: watch::Sender<Option<Instant>>,
    /// `Some` while the directory has told everybody that this process drains.
    debtors: StdMutex<Option<Debtors>>,
    /// The directory has registered this process anew, which knows nothing of its stop.
    rejoined: Notify,
}

impl Stopping {
    pub(super) fn new() -> Self {
        Self {
            answer: Mutex::default(),
            by: watch::channel(None).0,
            debtors: StdMutex::default(),
            rejoined: Notify::new(),
        }
    }

    /// This process registers anew: whoever sees it then takes it for up.
    pub(super) fn forget_debtors(&self) {
        *self.debtors() = None;
    }

    /// It has done so.
    pub(super) fn rejoined(&self) {
        self.rejoined.notify_one();
    }

    fn debtors(&self) -> MutexGuard<'_, Option<Debtors>> {
        self.debtors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hurry(&self, deadline: Duration) {
        let Some(by) = Instant::now().checked_add(deadline) else {
            return;
        };
        self.by.send_if_modified(|earliest| {
            let earlier = earliest.is_none_or(|earliest| by < earliest);
            if earlier {
                *earliest = Some(by);
            }
            earlier
        });
    }

    /// Waits until the deadline has passed, however often it is brought forward.
    async fn overdue(&self) {
        let mut changes = self.by.subscribe();
        loop {
            let by = *changes.borrow_and_update();
            let passed = async {
                match by {
                    Some(by) => tokio::time::sleep_until(by).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = changes.changed() => {}
                () = passed => return,
            }
        }
    }
}

/// Drains and closes a bus within `deadline`. Whoever asks while that goes on, or afterwards, is
/// answered when it is done, and the same.
pub(super) async fn stop(bus: &Arc<Inner>, deadline: Duration) -> Answer {
    bus.stopping.hurry(deadline);
    let mut given = bus.stopping.answer.lock().await;
    if let Some(answer) = &*given {
        return answer.clone();
    }
    let answer = carry_out(bus).await;
    *given = Some(answer.clone());
    answer
}

async fn carry_out(bus: &Arc<Inner>) -> Answer {
    bus.move_on(Life::Draining);
    let mut report = StopReport {
        unregistered: true,
        ..StopReport::default()
    };
    let drained = tokio::select! {
        biased;
        // Its name is another's by now: nobody hears it any more.
        () = reached(bus, Life::Fenced) => false,
        () = drain(bus) => true,
        () = bus.stopping.overdue() => false,
    };
    if !drained {
        look_what_is_left(bus, &mut report);
    }
    if bus.life() < Life::Fenced {
        let given_up = async {
            tokio::join!(bus.stopping.overdue(), tokio::time::sleep(LAST_ACKS));
        };
        report.unregistered = tokio::select! {
            biased;
            left = bus.membership.leave(bus) => left && bus.stopping.debtors().is_some(),
            () = given_up => false,
        };
    }
    report.ended_sends = close(bus).await;
    if report.is_clean() {
        Ok(report)
    } else {
        Err(IncompleteStop(report))
    }
}

/// Closes a bus at once; returns how many sends ended by it.
pub(super) async fn close(bus: &Arc<Inner>) -> u64 {
    bus.move_on(Life::Closing);
    bus.membership.end();
    let ended = bus.peers.close();
    bus.dispatcher.close();
    bus.transport.close().await;
    bus.replica.end();
    bus.move_on(Life::Stopped);
    ended
}

/// Waits until the bus has come so far in its life.
pub(super) async fn reached(bus: &Inner, life: Life) {
    loop {
        let moved_on = bus.moved_on.notified();
        tokio::pin!(moved_on);
        moved_on.as_mut().enable();
        if bus.life() >= life {
            return;
        }
        moved_on.await;
    }
}

/// Everything that a clean stop waits for.
async fn drain(bus: &Arc<Inner>) {
    loop {
        // Also after a stop before this one that was dropped once it had sealed.
        unseal(bus);
        let debtors = bus.membership.drain(bus).await;
        let told = debtors.is_some();
        *bus.stopping.debtors() = debtors;
        tokio::select! {
            biased;
            // Others have seen it up, and may have accepted something for it.
            () = bus.stopping.rejoined.notified() => continue,
            () = part(bus) => {}
            () = settle(bus) => {}
        }
        if bus.stopping.debtors().is_some() == told {
            break;
        }
    }
    tokio::time::sleep(LAST_ACKS).await;
}

/// Says goodbye to everybody, also to who comes later: its replica may not know yet. Never ends.
async fn part(bus: &Inner) {
    loop {
        for peer in with_whom_to_part(bus) {
            if peer.session().has_left() {
                continue;
            }
            let effects = peer.session().leave();
            peer.perform(effects);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until nothing is left with anybody: what others had sent is handled and answered, and so
/// is what this process had sent.
async fn settle(bus: &Inner) {
    loop {
        let peers = with_whom_to_part(bus);
        for peer in &peers {
            wait(peer, |peer| is_parted(bus, peer) || !is_to_part(bus, peer)).await;
        }
        drained(bus).await;
        for peer in &peers {
            wait(peer, |peer| is_settled(bus, peer)).await;
        }
        let done = |peer: &Arc<Peer>| is_parted(bus, peer) && is_settled(bus, peer);
        if with_whom_to_part(bus).iter().all(done) && seal(bus) {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until every queue has nothing left.
async fn drained(bus: &Inner) {
    loop {
        // What it is owed already it takes no more: its next commands would start when it is back.
        for peer in bus.peers.all().iter().filter(|peer| is_gone(bus, peer)) {
            bus.dispatcher.refuse_aside(peer);
        }
        let drained = bus.dispatcher.drained();
        if tokio::time::timeout(LOOK, drained).await.is_ok() {
            return;
        }
    }
}

/// Lets nothing more in, if nothing is left: who publishes or sends may have looked before the stop
/// began whether it may, and enter only now.
fn seal(bus: &Inner) -> bool {
    let server = bus.membership.server();
    let mut losses = Losses::default();
    let peers = bus.peers.all();
    // Nothing is entered for who is gone, and the voids in its lanes stay.
    let mut others = peers
        .iter()
        .filter(|peer| Some(peer.id()) != server.as_ref() && !is_gone(bus, peer));
    let sealed = bus.dispatcher.seal() && others.all(|peer| peer.lanes().seal(&mut losses));
    losses.wake();
    if !sealed {
        unseal(bus);
    }
    sealed
}

/// Lets messages in again, those first that came meanwhile: the stop waits for them.
pub(super) fn unseal(bus: &Inner) {
    bus.dispatcher.unseal();
    for peer in bus.peers.all() {
        peer.pump_all();
    }
}

/// R11: every peer with which anything was exchanged, or that has a link, or for which something
/// was accepted, or that may have something for this one; the directory server is still needed.
fn with_whom_to_part(bus: &Inner) -> Vec<Arc<Peer>> {
    let mut peers = bus.peers.all();
    peers.retain(|peer| is_to_part(bus, peer));
    peers
}

fn is_to_part(bus: &Inner, peer: &Peer) -> bool {
    let exchanged = peer.is_linked() || peer.session().has_exchanged();
    let goes_on = exchanged || !is_settled(bus, peer) || owes(bus, peer);
    goes_on && bus.membership.server().as_ref() != Some(peer.id())
}

fn owes(bus: &Inner, peer: &Peer) -> bool {
    let is_new = || bus.replica.has_appeared_lately(peer.id());
    let debtors = bus.stopping.debtors();
    let debtors = debtors.as_ref();
    debtors.is_some_and(|debtors| debtors.include(peer.id(), is_new))
}

/// Whether nobody is there to wait for: it is down, or the directory does not name it and it does
/// not come back.
fn is_gone(bus: &Inner, peer: &Peer) -> bool {
    peer.standing() == Standing::Down || bus.peers.stays_away(peer)
}

fn is_parted(bus: &Inner, peer: &Peer) -> bool {
    is_gone(bus, peer) || peer.session().is_done()
}

/// Whether neither side waits for anything of the other.
fn is_settled(bus: &Inner, peer: &Peer) -> bool {
    let waiting = peer.lanes().is_waiting() || peer.in_flight() > 0 || peer.has_bodies();
    is_gone(bus, peer) || !waiting
}

async fn wait(peer: &Peer, done: impl Fn(&Peer) -> bool) {
    loop {
        let changed = peer.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        if done(peer) {
            return;
        }
        let _ = tokio::time::timeout(LOOK, changed).await;
    }
}

fn look_what_is_left(bus: &Inner, report: &mut StopReport) {
    let peers = with_whom_to_part(bus);
    let names = |left: &dyn Fn(&Peer) -> bool| {
        peers
            .iter()
            .filter(|peer| left(peer))
            .map(|peer| peer.id().clone())
            .collect()
    };
    report.unanswered = names(&|peer| !is_parted(bus, peer));
    report.unacknowledged = names(&|peer| peer.lanes().is_waiting());
    report.unread = names(&Peer::has_bodies);
    report.unfinished = bus.dispatcher.unfinished();
}
