//! The desk, its signals, and the verbs of the handlers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use quibus::bus::Authority;
use quibus::directory::PeerDescriptor;
use quibus::directory::contract::{
    Attached, Attachment, Drained, Probe, RegisterError, Registered, RequestError, Updated,
};
use quibus::{Bus, Identity, Incarnation, PeerId, Revision, SendError};
use tokio::sync::watch;
use tokio::time::Instant;

use super::desk::unexpected;
use super::number_keeper::NumberKeeper;
use super::server_tasks::ServerTasks;
use super::{Desk, DirectoryConfig, Follower, NumberClock};
use crate::attachments::Barrier;
use crate::command::{Command, Newcomer};
use crate::door::Door;
use crate::failure_detector::FailureDetector;
use crate::outcome::Outcome;

/// At most this often somebody at a barrier looks whether it has opened: with many followers,
/// looking at each word of each of them would cost the square of their number.
const LOOK: Duration = Duration::from_millis(1);

/// One directory server.
#[derive(Debug)]
pub(super) struct Server {
    desk: Mutex<Desk>,
    /// The last change, for followers.
    latest: watch::Sender<Revision>,
    /// Somebody came further.
    progress: watch::Sender<()>,
    /// The followers and the watchman; `None` once they have been ended. They hold the bus: one
    /// that began later would keep a dropped directory alive.
    tasks: Mutex<Option<ServerTasks>>,
    numbers: NumberKeeper,
    began: Instant,
    barrier: Duration,
    probe: Duration,
}

impl Server {
    pub(super) fn new(door: Door, run: Incarnation, config: &DirectoryConfig) -> Self {
        let latest = door.state().revision();
        let detector = FailureDetector::new(config.times);
        let desk = Desk::new(door, detector, NumberClock::begin(run));
        Self {
            desk: Mutex::new(desk),
            latest: watch::channel(latest).0,
            progress: watch::channel(()).0,
            tasks: Mutex::new(Some(ServerTasks::default())),
            numbers: NumberKeeper::new(config.data.clone()),
            began: Instant::now(),
            barrier: config.barrier,
            probe: config.probe,
        }
    }

    /// The time that decisions are made by.
    pub(super) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn latest(&self) -> watch::Receiver<Revision> {
        self.latest.subscribe()
    }

    /// Makes the server itself known and lets its handlers run.
    pub(super) fn open(&self, bus: &Bus, address: String) {
        let own = bus.authority();
        let mut desk = self.desk();
        own.apply_snapshot(desk.door().state().snapshot());
        let myself = Newcomer {
            peer: bus.peer().clone(),
            identity: Identity::Directory(bus.peer().clone()),
            start_id: fastrand::u128(1..),
            resume: Some(bus.incarnation()),
            address,
            subscriptions: Default::default(),
            seq: 0,
            durable: false,
            replaces: None,
        };
        desk.commit(&own, Command::Register(myself));
        self.tell(&desk);
        drop(desk);
        own.open();
    }

    /// Runs a task that ends with the server.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(tasks) = self.tasks().as_mut() {
            tasks.spawn(task);
        }
    }

    /// Ends the followers and the watchman.
    pub(super) fn end(&self) {
        drop(self.tasks().take());
    }

    fn tasks(&self) -> MutexGuard<'_, Option<ServerTasks>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for this peer's turn to change something.
    pub(super) async fn pace(&self, peer: &PeerId) -> Result<(), String> {
        let wait = self.desk().admit(peer, self.now());
        let wait = wait.ok_or_else(|| format!("{peer} asks more than 10 times a second"))?;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    /// Registers a process, unless another one of its name lives (promise 31).
    pub(super) async fn register(
        &self,
        bus: &Bus,
        mut newcomer: Newcomer,
    ) -> Result<Registered, RegisterError> {
        let twin = self.twin(&newcomer);
        if let Some(older) = twin {
            if self.lives(bus, &older, &newcomer.address).await {
                return Err(RegisterError::Refused(older.address.clone()));
            }
            tracing::warn!(peer = %older.peer, silent = %older.incarnation,
                "a newer process replaces one that does not answer");
            newcomer.replaces = Some(older.incarnation);
        }
        if newcomer.resume.is_none() {
            let given = Incarnation(self.desk().clock().now_ms());
            self.numbers.keep_above(given).await;
        }
        self.enter(bus, newcomer)
    }

    fn enter(&self, bus: &Bus, newcomer: Newcomer) -> Result<Registered, RegisterError> {
        let peer = newcomer.peer.clone();
        let mut desk = self.desk();
        let committed = desk.commit(&bus.authority(), Command::Register(newcomer));
        let (incarnation, epoch) = match committed.outcome {
            Outcome::Registered { incarnation, epoch } => (incarnation, epoch),
            Outcome::Refused(refusal) => return Err(refusal.into()),
            other => return Err(RegisterError::Malformed(unexpected(&other).to_string())),
        };
        desk.watch(peer, incarnation, epoch, self.now());
        self.tell(&desk);
        Ok(Registered::new(incarnation, committed.revision))
    }

    /// Begins to tell a peer everything, and returns once everybody else knows it (promise 26).
    pub(super) async fn attach(
        self: &Arc<Self>,
        bus: &Bus,
        peer: &PeerId,
        asked: &Attachment,
    ) -> Result<Attached, RequestError> {
        let beginning = {
            let mut desk = self.desk();
            let beginning = desk.attach(&bus.authority(), peer, asked, self.now())?;
            self.tell(&desk);
            let follower = Follower {
                server: self.clone(),
                own: bus.authority(),
                peer: peer.clone(),
                run: asked.incarnation,
                epoch: beginning.epoch,
                held: asked.from.unwrap_or_default(),
            };
            // Before the desk is free for another attachment of the peer: the last one's stays.
            if let Some(tasks) = self.tasks().as_mut() {
                tasks.follow(peer.clone(), follower.run());
            }
            beginning
        };
        self.settled(beginning.known).await;
        Ok(Attached::new(
            beginning.mode,
            beginning.epoch,
            beginning.revision,
        ))
    }

    /// Applies an update and waits until everybody knows.
    pub(super) async fn update(
        &self,
        bus: &Bus,
        command: Command,
    ) -> Result<Updated, RequestError> {
        let (revision, barrier) = self.change(bus, command)?;
        let everywhere = self.settled(barrier).await;
        Ok(Updated::new(revision, everywhere))
    }

    /// Marks a run as draining, waits until everybody knows, and looks who still has something for
    /// it (promise 28).
    pub(super) async fn drain(
        &self,
        bus: &Bus,
        peer: &PeerId,
        incarnation: Incarnation,
    ) -> Result<Drained, RequestError> {
        let drain = Command::Drain {
            peer: peer.clone(),
            incarnation,
        };
        let (revision, barrier) = self.change(bus, drain)?;
        self.settled(barrier).await;
        let (owing, unheard) = self.desk().debtors(peer, bus.peer(), revision);
        Ok(Drained::new(revision, &owing, &unheard))
    }

    /// Commits a change of what others know of a peer, and begins to tell them.
    fn change(&self, bus: &Bus, command: Command) -> Result<(Revision, Barrier), RequestError> {
        let mut desk = self.desk();
        let committed = desk.commit(&bus.authority(), command);
        let revision = match committed.outcome {
            Outcome::Updated { revision } => revision,
            Outcome::Done => committed.revision,
            Outcome::Refused(refusal) => return Err(refusal.into()),
            other => return Err(unexpected(&other)),
        };
        self.tell(&desk);
        Ok((revision, desk.barrier(revision, self.now())))
    }

    /// A run leaves.
    pub(super) fn unregister(
        &self,
        bus: &Bus,
        peer: &PeerId,
        incarnation: Incarnation,
    ) -> Result<(), RequestError> {
        let command = Command::Unregister {
            peer: peer.clone(),
            incarnation,
        };
        let mut desk = self.desk();
        let committed = desk.commit(&bus.authority(), command);
        self.tell(&desk);
        self.came_further();
        match committed.outcome {
            Outcome::Refused(refusal) => Err(refusal.into()),
            _ => Ok(()),
        }
    }

    /// Removes a peer.
    pub(super) fn decommission(&self, own: &Authority, peer: &PeerId) {
        let peer = peer.clone();
        let mut desk = self.desk();
        desk.commit(own, Command::Decommission { peer });
        self.tell(&desk);
        self.came_further();
    }

    /// Looks who has fallen silent and who is back.
    pub(super) fn look(&self, own: &Authority) {
        let mut desk = self.desk();
        if desk.look(own, self.now()) {
            self.tell(&desk);
            self.came_further();
        }
    }

    /// Somebody holds more than before, or is waited for no more.
    pub(super) fn came_further(&self) {
        self.progress.send_replace(());
    }

    fn twin(&self, newcomer: &Newcomer) -> Option<Arc<PeerDescriptor>> {
        // Of two runs with numbers the greater is the newer: there is nothing to ask.
        if newcomer.resume.is_some() {
            return None;
        }
        let desk = self.desk();
        let twin = desk.door().state().twin(&newcomer.peer, newcomer.start_id);
        twin.cloned()
    }

    /// Asks the older of two processes of one name whether it lives. Any answer is one.
    async fn lives(&self, bus: &Bus, older: &PeerDescriptor, claimant: &str) -> bool {
        let probe = Probe::new(claimant);
        let answer = bus.authority().tell(probe, &older.peer, self.probe).await;
        !matches!(
            answer,
            Err(SendError::TimedOut { .. }
                | SendError::PeerLost { .. }
                | SendError::NotThere { .. }
                | SendError::Stopped { .. })
        )
    }

    /// Waits until a barrier has opened, at most as long as is set.
    async fn settled(&self, mut barrier: Barrier) -> bool {
        let mut progress = self.progress.subscribe();
        let opened = async {
            loop {
                progress.borrow_and_update();
                if self.desk().settle(&mut barrier) {
                    return;
                }
                // Its sender lives as long as this.
                let _ = progress.changed().await;
                tokio::time::sleep(LOOK).await;
            }
        };
        let in_time = tokio::time::timeout(self.barrier, opened).await.is_ok();
        if !in_time {
            tracing::debug!(?barrier, "not everybody has applied a change in time");
        }
        in_time
    }

    /// Wakes the followers. Taking the desk proves that its lock is held: changes are told in
    /// their order.
    fn tell(&self, desk: &Desk) {
        let now = desk.door().state().revision();
        self.latest.send_if_modified(|latest| {
            let news = *latest != now;
            *latest = now;
            news
        });
    }
}
