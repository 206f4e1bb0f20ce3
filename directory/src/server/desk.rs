//! Where every decision of a server is made: the pure parts, and the books that follow from them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use quibus::bus::Authority;
use quibus::directory::contract::{
    Attachment, Heartbeat, Look, RequestError, Seen, SnapshotPart, WatchMode,
};
use quibus::directory::{Change, ChangeKind, PeerDescriptor, PeerList, PeerState};
use quibus::{Incarnation, PeerId, Revision};

use super::{NumberClock, UpdatePace};
use crate::attachments::{Attachments, Barrier};
use crate::change_ring::After;
use crate::command::Command;
use crate::door::{Committed, Door};
use crate::failure_detector::{Alarm, FailureDetector};
use crate::outcome::Outcome;

/// The state, who follows it, and who is heard; behind one lock.
///
/// Each change is fed to the server's own bus before anybody else can hear of it, so that the
/// server can always speak to whom it tells others about.
#[derive(Debug)]
pub(super) struct Desk {
    door: Door,
    attachments: Attachments,
    detector: FailureDetector,
    paces: BTreeMap<PeerId, UpdatePace>,
    alarmed: bool,
    clock: NumberClock,
}

/// What an attachment begins with.
#[derive(Debug)]
pub(super) struct Beginning {
    pub(super) mode: WatchMode,
    pub(super) epoch: u64,
    pub(super) revision: Revision,
    /// Until everybody else knows the peer.
    pub(super) known: Barrier,
}

impl Desk {
    pub(super) fn new(door: Door, detector: FailureDetector, clock: NumberClock) -> Self {
        Self {
            door,
            attachments: Attachments::default(),
            detector,
            paces: BTreeMap::new(),
            alarmed: false,
            clock,
        }
    }

    pub(super) fn clock(&self) -> NumberClock {
        self.clock
    }

    pub(super) fn door(&self) -> &Door {
        &self.door
    }

    /// How long the next change by this peer has to wait; `None`: it asks too often.
    pub(super) fn admit(&mut self, peer: &PeerId, now: Duration) -> Option<Duration> {
        self.paces.entry(peer.clone()).or_default().admit(now)
    }

    /// Applies a command, tells the server's own bus, and keeps the books.
    pub(super) fn commit(&mut self, own: &Authority, command: Command) -> Committed {
        let committed = self.door.propose(command, self.clock.now_ms());
        for change in &committed.changes {
            if let Err(gap) = own.apply(change) {
                tracing::error!(%gap, "the server's own replica lags behind its state; reloading");
                own.apply_snapshot(self.door.state().snapshot());
            }
            self.note(change);
        }
        committed
    }

    /// A registered run is watched over from now on, whether it attaches or not.
    pub(super) fn watch(&mut self, peer: PeerId, run: Incarnation, epoch: u64, now: Duration) {
        self.detector.watch(peer, run, epoch, now);
    }

    pub(super) fn attach(
        &mut self,
        own: &Authority,
        peer: &PeerId,
        asked: &Attachment,
        now: Duration,
    ) -> Result<Beginning, RequestError> {
        let incarnation = asked.incarnation;
        let command = Command::Attach {
            peer: peer.clone(),
            incarnation,
        };
        let committed = self.commit(own, command);
        let epoch = match committed.outcome {
            Outcome::Attached { epoch } => epoch,
            Outcome::Refused(refusal) => return Err(refusal.into()),
            other => return Err(unexpected(&other)),
        };
        let owing = self.who_drains_of(&asked.owing);
        self.attachments
            .attach(peer.clone(), incarnation, epoch, asked.from, owing);
        self.detector.watch(peer.clone(), incarnation, epoch, now);
        let mode = match self.door.after(asked.from.unwrap_or_default()) {
            After::Snapshot => WatchMode::Snapshot,
            After::Nothing | After::Changes(..) | After::Ahead => WatchMode::Resume,
        };
        let told = self
            .descriptor(peer)
            .map_or(committed.revision, |it| it.revision);
        let known = self.attachments.barrier(told, |other| {
            other != peer && self.detector.responds(other, now)
        });
        Ok(Beginning {
            mode,
            epoch,
            revision: committed.revision,
            known,
        })
    }

    /// A follower lives and holds something.
    pub(super) fn hear(
        &mut self,
        peer: &PeerId,
        beat: &Heartbeat,
        now: Duration,
    ) -> Result<Revision, RequestError> {
        let run = beat.incarnation();
        if let Some(known) = self.descriptor(peer)
            && known.incarnation > run
        {
            return Err(RequestError::Fenced(known.incarnation.0));
        }
        let follows = self.attachments.epoch(peer, run) == Some(beat.epoch());
        if !follows || !self.detector.heard(peer, run, now) {
            return Err(RequestError::NotRegistered);
        }
        self.applied(peer, beat.epoch(), beat.applied(), &beat.owing()?);
        Ok(self.door.state().revision())
    }

    /// What a follower lacks; `None` if its attachment has ended.
    pub(super) fn after(
        &self,
        peer: &PeerId,
        run: Incarnation,
        epoch: u64,
        held: Revision,
    ) -> Option<After> {
        let follows = self.attachments.epoch(peer, run) == Some(epoch);
        follows.then(|| self.door.after(held))
    }

    pub(super) fn snapshot(&mut self) -> (Revision, Arc<[SnapshotPart]>) {
        self.door.snapshot()
    }

    /// What somebody sees who follows nothing and is nobody's to watch over.
    pub(super) fn look_on(&mut self, look: &Look) -> Seen {
        if look.part() == 0
            && let Some(held) = look.held()
        {
            match self.door.after(held) {
                After::Nothing | After::Ahead => return Seen::nothing(),
                After::Changes(changes, _) => return Seen::changes(changes),
                After::Snapshot => {}
            }
        }
        let (revision, parts) = self.door.snapshot();
        // Of a snapshot that has changed since, from the beginning.
        let is_next = look.held() == Some(revision);
        let wanted = parts.get(look.part() as usize).filter(|_| is_next);
        let part = wanted.or_else(|| parts.first());
        part.map_or_else(Seen::nothing, |part| Seen::part(part.clone()))
    }

    /// A follower holds `held` and is `owing` messages.
    pub(super) fn applied(&mut self, peer: &PeerId, epoch: u64, held: Revision, owing: &PeerList) {
        let owing = self.who_drains_of(owing);
        self.attachments.applied(peer, epoch, held, owing);
    }

    /// Who of these really drains: a list that names everybody is nothing to keep.
    fn who_drains_of(&self, peers: &PeerList) -> PeerList {
        let drains = |peer: &&PeerId| {
            let known = self.descriptor(peer);
            known.is_some_and(|known| known.state == PeerState::Draining)
        };
        peers.iter().filter(drains).cloned().collect()
    }

    /// Who says that it owes a peer messages, and who did not say that it knows that the peer
    /// drains; this server is neither.
    pub(super) fn debtors(
        &self,
        creditor: &PeerId,
        me: &PeerId,
        revision: Revision,
    ) -> (PeerList, PeerList) {
        let there = self.door.state().members().map(|(member, ..)| member);
        let others = there
            .filter(|it| it.state != PeerState::Down && it.peer != *creditor && it.peer != *me);
        let others = others.map(|it| (&it.peer, it.incarnation));
        self.attachments.debtors(creditor, revision, others)
    }

    /// Ends an attachment that makes no progress: the peer learns it with its next heartbeat.
    pub(super) fn detach(&mut self, peer: &PeerId, run: Incarnation, epoch: u64) {
        if self.attachments.epoch(peer, run) == Some(epoch) {
            self.attachments.remove(peer);
        }
    }

    /// Until everybody who follows and responds now holds `revision`.
    pub(super) fn barrier(&self, revision: Revision, now: Duration) -> Barrier {
        self.attachments
            .barrier(revision, |peer| self.detector.responds(peer, now))
    }

    pub(super) fn settle(&self, barrier: &mut Barrier) -> bool {
        self.attachments.settle(barrier)
    }

    /// Looks who has fallen silent and who is back. Whether that changed anything.
    pub(super) fn look(&mut self, own: &Authority, now: Duration) -> bool {
        self.paces.retain(|_, pace| !pace.is_rested(now));
        let verdict = self.detector.look(now);
        self.sound(verdict.alarm);
        if verdict.transitions.is_empty() {
            return false;
        }
        for found in &verdict.transitions {
            tracing::info!(peer = %found.peer, incarnation = %found.incarnation, to = ?found.to,
                "a peer is heard differently");
        }
        let committed = self.commit(own, Command::Transitions(verdict.transitions.clone()));
        self.detector.committed(&verdict.transitions, now);
        !committed.changes.is_empty()
    }

    fn descriptor(&self, peer: &PeerId) -> Option<&Arc<PeerDescriptor>> {
        self.door.state().get(peer)
    }

    /// What a change means for who follows and who is watched.
    fn note(&mut self, change: &Change) {
        match &change.kind {
            ChangeKind::Removed { peer, .. } => {
                self.attachments.remove(peer);
                self.detector.forget(peer);
            }
            // It may be gone for good, so nothing is kept for it; if it is not, its next heartbeat
            // makes it register and attach again.
            ChangeKind::StateChanged {
                peer,
                state: PeerState::Down,
                ..
            } => self.attachments.remove(peer),
            ChangeKind::Registered(now) => {
                if self.attachments.epoch(&now.peer, now.incarnation).is_none() {
                    self.attachments.remove(&now.peer);
                }
            }
            ChangeKind::StateChanged { .. } | ChangeKind::SubscriptionsChanged { .. } => {}
        }
    }

    fn sound(&mut self, alarm: Option<Alarm>) {
        match alarm {
            Some(alarm) if !self.alarmed => tracing::error!(%alarm, "many peers fell silent"),
            None if self.alarmed => tracing::info!("the alarm is over"),
            _ => {}
        }
        self.alarmed = alarm.is_some();
    }
}

/// The state answers each command with an outcome of its own.
pub(super) fn unexpected(outcome: &Outcome) -> RequestError {
    RequestError::Malformed(format!("the directory decided {outcome:?}"))
}
