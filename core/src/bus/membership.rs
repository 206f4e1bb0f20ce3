//! This process's standing with the directory: attached, heard, its subscriptions known.
//!
//! A task sends a heartbeat every second and attaches again, with backoff and for ever, when the
//! server no longer answers (promise 29).

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::debtors::Debtors;
use super::inner::{Inner, Life};
use super::membership_error::Setback;
use super::own_hold::{OwnHold, UnderWay};
use super::registration::{self, Unregistered};
use super::sending::Sending;
use super::start_error::StartError;
use super::stop::LOOK;
use crate::directory::Interest;
use crate::directory::contract::{
    Attach, Attachment, Drain, Heartbeat, Registration, RequestError, Unregister,
};
use crate::id::{PeerId, Revision};
use crate::message::Command;
use crate::peers::Patience;

/// Between two heartbeats.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(1);
/// A directory that has not answered a request for this long is asked no more.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);
/// A directory that has stopped, or was not heard [lately](LATELY), is waited for by who leaves for
/// this long only: it may be coming back.
const AWAY_PATIENCE: Duration = Duration::from_millis(500);
/// A directory that was heard within this time may only be hard to reach: through 30 % loss a link
/// that broke is back after some seconds.
const LATELY: Duration = Duration::from_secs(6);
/// As long as the barrier (2 s) and a way there and back may take.
pub(super) const BARRIER_PATIENCE: Duration = Duration::from_secs(4);
/// Addresses are tried for this long in one go before the backoff starts anew.
const ROUND: Duration = Duration::from_secs(10);

/// This process's standing with the directory.
pub(super) struct Membership {
    /// Where directories are; empty in a directory server.
    addresses: Vec<String>,
    /// Drawn once per start.
    start_id: u128,
    address: String,
    durable: bool,
    server: watch::Sender<Option<PeerId>>,
    /// When the server has answered last.
    heard: Mutex<Instant>,
    epoch: AtomicU64,
    /// Whether the server knows this process's types, as far as it wants to.
    described: AtomicBool,
    /// One update at a time.
    pub(super) updating: AsyncMutex<()>,
    pub(super) reattach: Arc<Notify>,
    /// How often tasks of the bus hold it, and requests that are under way.
    pub(super) held: AtomicUsize,
    task: Mutex<Option<AbortHandle>>,
}

impl Membership {
    pub(super) fn new(addresses: Vec<String>, address: String) -> Self {
        Self {
            addresses,
            start_id: fastrand::u128(1..),
            address,
            durable: false,
            server: watch::channel(None).0,
            heard: Mutex::new(Instant::now()),
            epoch: AtomicU64::new(0),
            described: AtomicBool::new(false),
            updating: AsyncMutex::default(),
            reattach: Arc::default(),
            held: AtomicUsize::new(0),
            task: Mutex::default(),
        }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// A directory server's own bus belongs to no directory.
    pub(super) fn is_authority(&self) -> bool {
        self.addresses.is_empty()
    }

    /// Registers, attaches and loads the replica; then keeps at it in a task.
    pub(super) async fn begin(bus: &Arc<Inner>, within: Duration) -> Result<(), StartError> {
        let by = Patience::from(within).deadline();
        bus.membership.join(bus, within).await?;
        let mut unanswered = None;
        let attached = bus.membership.attach_at_last(bus, within, &mut unanswered);
        let reason = match tokio::time::timeout_at(by, attached).await {
            Ok(Ok(())) => {
                bus.book().confirm_all();
                bus.membership.describe(bus).await;
                let reattach = bus.membership.reattach.clone();
                let task = tokio::spawn(keep(Arc::downgrade(bus), reattach)).abort_handle();
                let mut kept = bus
                    .membership
                    .task
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                *kept = Some(task);
                return Ok(());
            }
            Ok(Err(Setback::Refused(reason) | Setback::Unanswered(reason))) => reason,
            Ok(Err(setback)) => format!("{setback:?}"),
            Err(_) => unanswered.unwrap_or("its replica could not be loaded in time".into()),
        };
        Err(StartError::Refused {
            peer: bus.me.to_string(),
            reason,
        })
    }

    /// Tells the directory what this process's types look like; if it does not answer, again after
    /// one of the next heartbeats.
    pub(super) async fn describe(&self, bus: &Arc<Inner>) {
        let told = self.tell_types(bus).await;
        if let Err(setback) = &told {
            tracing::debug!(?setback, "the directory does not know this process's types");
        }
        self.described.store(told.is_ok(), Ordering::Relaxed);
    }

    /// Tells the directory that this process drains; returns once every attached peer knows, with
    /// who may have something for it, or soon if no directory is there to tell them.
    pub(super) async fn drain(&self, bus: &Arc<Inner>) -> Option<Debtors> {
        if self.is_authority() {
            return Some(Debtors::default());
        }
        let drain = Drain::new(bus.peers.shared().own().incarnation);
        let told = async {
            let drained = loop {
                match self.ask_again(bus, &drain, BARRIER_PATIENCE).await {
                    // A directory that has begun anew. Others still know this process.
                    Err(Setback::Unknown) => {
                        self.reattach.notify_one();
                        tokio::time::sleep(LOOK).await;
                    }
                    answer => break answer?,
                }
            };
            // Whoever is named is then known here as well.
            bus.replica.reaches(drained.revision()).await;
            let debtors = Debtors::read(&drained, bus.replica.carried_over());
            debtors.map_err(|error| Setback::Refused(error.to_string()))
        };
        let told = self.while_it_is_there(bus, told).await;
        if let Err(setback) = &told {
            tracing::debug!(?setback, "nobody is told that this process drains");
        }
        told.ok()
    }

    /// Leaves the directory. Whether it took note.
    pub(super) async fn leave(&self, bus: &Arc<Inner>) -> bool {
        self.end();
        if self.is_authority() {
            return true;
        }
        let unregister = Unregister::new(bus.peers.shared().own().incarnation);
        let told = self.ask_again(bus, &unregister, PATIENCE);
        match self.while_it_is_there(bus, told).await {
            Ok(_) => true,
            Err(setback) => {
                tracing::debug!(
                    ?setback,
                    "the directory does not know that this process has left"
                );
                setback == Setback::Unknown
            }
        }
    }

    /// Asks until there is an answer.
    async fn ask_again<C>(
        &self,
        bus: &Arc<Inner>,
        command: &C,
        patience: Duration,
    ) -> Result<C::Reply, Setback>
    where
        C: Command<Error = RequestError> + Clone,
    {
        loop {
            match self.ask(bus, command.clone(), patience).await {
                Err(Setback::Unanswered(_)) => tokio::time::sleep(LOOK).await,
                answer => return answer,
            }
        }
    }

    /// Tells the directory something as who leaves does: not for long while none is there. This
    /// process says goodbye itself to all with whom it has exchanged anything.
    async fn while_it_is_there<T>(
        &self,
        bus: &Inner,
        told: impl Future<Output = Result<T, Setback>>,
    ) -> Result<T, Setback> {
        tokio::select! {
            biased;
            told = told => told,
            () = self.stays_away(bus) => Err(Setback::Unanswered("no directory is there".into())),
        }
    }

    /// Waits until the server has been away for [`AWAY_PATIENCE`] on end.
    async fn stays_away(&self, bus: &Inner) {
        let mut seen = Instant::now();
        while seen.elapsed() < AWAY_PATIENCE {
            tokio::time::sleep(LOOK).await;
            if !self.is_away(bus) {
                seen = Instant::now();
            }
        }
    }

    /// Whether the server has stopped, or has no link and was not heard lately. With a link it is
    /// only slow, and who leaves unheard leaves before others know of it.
    fn is_away(&self, bus: &Inner) -> bool {
        let server = self.server().and_then(|server| bus.peers.get(&server));
        let Some(server) = server else { return true };
        let was_heard = || self.heard().elapsed() < LATELY;
        server.session().is_over() || !(server.is_linked() || was_heard())
    }

    fn heard(&self) -> MutexGuard<'_, Instant> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the task.
    pub(super) fn end(&self) {
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(task) = task {
            task.abort();
        }
    }

    /// The server that this process is attached to.
    pub(super) fn server(&self) -> Option<PeerId> {
        self.server.borrow().clone()
    }

    async fn join(&self, bus: &Arc<Inner>, within: Duration) -> Result<(), Unregistered> {
        let incarnation = bus.peers.shared().own().incarnation;
        let (subscriptions, seq) = {
            let book = bus.book();
            (book.all(), book.seq())
        };
        let registration = Registration {
            start_id: self.start_id,
            address: self.address.clone(),
            subscriptions,
            seq,
            resume: incarnation.is_registered().then_some(incarnation),
            interest: Interest::All,
            durable: self.durable,
        };
        bus.stopping.forget_debtors();
        let joined = registration::register(&bus.peers, &self.addresses, &registration, within);
        let joined = joined.await?;
        if bus.life() != Life::Running {
            bus.stopping.rejoined();
        }
        self.described.store(false, Ordering::Relaxed);
        tracing::info!(peer = %bus.me, incarnation = %joined.incarnation,
            directory = %joined.directory.id(), revision = %joined.revision, "registered");
        self.server
            .send_replace(Some(joined.directory.id().clone()));
        Ok(())
    }

    /// Attaches for the first time. A directory that is slow, or restarts in between, is asked
    /// again; `unanswered` is why, the last time.
    async fn attach_at_last(
        &self,
        bus: &Arc<Inner>,
        within: Duration,
        unanswered: &mut Option<String>,
    ) -> Result<(), Setback> {
        let mut failures = 0;
        loop {
            match self.attach(bus).await {
                Err(Setback::Unanswered(reason)) => *unanswered = Some(reason),
                Err(Setback::Unknown) => {}
                ended => return ended,
            }
            failures += 1;
            tokio::time::sleep(pause(failures)).await;
            let joined = self.join(bus, within).await.map_err(StartError::from);
            if let Err(StartError::Refused { reason, .. }) = joined {
                return Err(Setback::Refused(reason));
            }
        }
    }

    /// Attaches to the server and waits until the replica has caught up with it.
    async fn attach(&self, bus: &Arc<Inner>) -> Result<(), Setback> {
        let held = bus.replica.revision();
        let attachment = Attachment {
            incarnation: bus.peers.shared().own().incarnation,
            from: (held != Revision::default()).then_some(held),
            interest: Interest::All,
            owing: bus.replica.owing(),
        };
        let attached = self.ask(bus, Attach::from(&attachment), PATIENCE).await?;
        self.epoch.store(attached.epoch(), Ordering::Relaxed);
        let caught_up = bus.replica.reaches(attached.revision());
        let timed = tokio::time::timeout(ROUND, caught_up).await;
        timed.map_err(|_| Setback::Unanswered("the replica did not catch up".into()))
    }

    async fn heartbeat(&self, bus: &Arc<Inner>) -> Result<(), Setback> {
        let incarnation = bus.peers.shared().own().incarnation;
        let epoch = self.epoch.load(Ordering::Relaxed);
        let held = bus.replica.revision();
        let heartbeat = Heartbeat::new(incarnation, epoch, held, &bus.replica.owing());
        self.ask(bus, heartbeat, PATIENCE).await.map(|_| ())
    }

    pub(super) async fn ask<C>(
        &self,
        bus: &Arc<Inner>,
        command: C,
        patience: Duration,
    ) -> Result<C::Reply, Setback>
    where
        C: Command<Error = RequestError>,
    {
        let server = self.server.borrow().clone();
        let server =
            server.ok_or_else(|| Setback::Unanswered("no directory is attached".into()))?;
        let sending = Sending::new(bus.clone(), command)
            .to(&server)
            .timeout(patience)
            .unchecked();
        let under_way = UnderWay::begin(&self.held);
        let answer = sending.await.map_err(Setback::from);
        drop(under_way);
        if !matches!(answer, Err(Setback::Unanswered(_))) {
            *self.heard() = Instant::now();
        }
        answer
    }
}

/// Keeps this process heard, attaching again whenever it is not.
async fn keep(bus: Weak<Inner>, reattach: Arc<Notify>) {
    let mut absence = Absence::default();
    loop {
        tokio::select! {
            biased;
            () = tokio::time::sleep(pause(absence.failures)) => {}
            () = reattach.notified() => {}
        }
        // Held no longer than it is needed: a bus that is dropped closes at once.
        let Some(strong) = OwnHold::of(&bus) else {
            return;
        };
        strong.replica.sweep();
        let after = tokio::select! {
            biased;
            after = is_heard(&strong, absence) => after,
            () = strong.left_alone() => continue,
        };
        let Some(after) = after else { return };
        absence = after;
    }
}

/// How long the directory has not heard this process.
#[derive(Debug, Clone, Copy, Default)]
struct Absence {
    /// Attempts that failed, one after the other.
    failures: u32,
    /// Whether one of them has registered it.
    registered: bool,
}

/// Sends a heartbeat, or after failures attaches again, and says what the directory's absence is
/// then. `None`: this process has been replaced.
async fn is_heard(bus: &Arc<Inner>, absence: Absence) -> Option<Absence> {
    let membership = &bus.membership;
    let Absence {
        failures,
        registered,
    } = absence;
    let standing = match failures {
        0 => membership.heartbeat(bus).await,
        _ => membership.attach(bus).await,
    };
    match standing {
        Ok(()) => {
            match failures {
                0 => bus.replica.forget_carried_over(),
                _ => bus.replica.is_heard_again(),
            }
            if !membership.described.load(Ordering::Relaxed) {
                membership.describe(bus).await;
            }
            Some(Absence::default())
        }
        Err(Setback::Fenced) => {
            tracing::error!(peer = %bus.me, "a newer process has taken this peer id");
            bus.move_on(Life::Fenced);
            None
        }
        Err(setback) => {
            tracing::warn!(
                ?setback,
                failures,
                "the directory does not hear this process"
            );
            let unknown = setback == Setback::Unknown || failures >= 1;
            let taken_up = unknown && rejoin(bus).await?;
            // It is to be attached soon, however long nobody was there: unheard for three seconds
            // it is silent, and nobody sends it a command. Once: a directory that registers
            // everybody and attaches nobody has too much to do already.
            let failures = match taken_up && !registered {
                true => 1,
                false => failures + 1,
            };
            Some(Absence {
                failures,
                registered: registered || taken_up,
            })
        }
    }
}

/// Registers again under the same start id, keeping the incarnation. Whether it has; `None`: this
/// process has been replaced.
async fn rejoin(bus: &Arc<Inner>) -> Option<bool> {
    match bus.membership.join(bus, ROUND).await {
        Err(Unregistered::ForEver(error)) => {
            tracing::error!(%error, "another process has taken the peer id");
            bus.move_on(Life::Fenced);
            None
        }
        Err(Unregistered::ForNow(error)) => {
            tracing::warn!(%error, "no directory has this process; its replica serves on");
            Some(false)
        }
        Ok(()) => Some(true),
    }
}

fn pause(failures: u32) -> Duration {
    match failures {
        0 => HEARTBEAT,
        // Full jitter: a thousand peers must not come back in the same millisecond.
        _ => Duration::from_millis(fastrand::u64(10..200 << failures.min(4))),
    }
}
