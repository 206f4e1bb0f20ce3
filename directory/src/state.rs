//! The directory's state: a deterministic machine.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quibus::directory::{Change, ChangeKind, PeerDescriptor, Snapshot, SubscriptionUpdate};
use quibus::id::ClusterId;
use quibus::{Incarnation, PeerId, Revision};

use crate::command::{Command, Condition, Transition};
use crate::outcome::{Outcome, Refusal};
use crate::quotas::Quotas;
use crate::record::{Member, Presence, Record};
use crate::type_library::TypeLibrary;

/// Who is there and what they want: the truth that all replicas follow.
///
/// The state is a plain function of the commands applied to it, each with its index and the
/// leader's time: no clock, no randomness, no order that depends on memory. So every server that
/// applies the same commands has the same state and tells the same changes.
#[derive(Debug, Clone)]
pub struct State {
    pub(crate) quotas: Quotas,
    /// The index of the last command.
    pub(crate) index: u64,
    /// The last change.
    pub(crate) revision: Revision,
    /// No run of a peer that was forgotten was given a higher number.
    pub(crate) forgotten: Incarnation,
    /// The latest time that a leader had.
    pub(crate) latest_ms: u64,
    pub(crate) records: BTreeMap<PeerId, Record>,
    /// What the types that members know look like.
    pub(crate) library: TypeLibrary,
    /// Those of `records` that are gone, the longest gone first.
    gone: BTreeSet<(u64, PeerId)>,
}

impl State {
    /// An empty state. Its name has to be new, so that nobody takes its revisions for another's.
    pub fn new(cluster: ClusterId, quotas: Quotas) -> Self {
        Self {
            quotas,
            index: 0,
            revision: Revision {
                cluster,
                ..Revision::default()
            },
            forgotten: Incarnation::NONE,
            latest_ms: 0,
            records: BTreeMap::new(),
            library: TypeLibrary::default(),
            gone: BTreeSet::new(),
        }
    }

    /// Applies the command with this index, which has to be above all former ones, at the leader's
    /// time in milliseconds since 1970, and tells what came of it and what changed.
    pub fn apply(
        &mut self,
        index: u64,
        command: Command,
        leader_ms: u64,
    ) -> (Outcome, Vec<Change>) {
        debug_assert!(index > self.index, "command {index} after {}", self.index);
        self.index = index;
        self.latest_ms = self.latest_ms.max(leader_ms);
        let mut changes = Vec::new();
        let outcome = match command {
            Command::Register(newcomer) => self.register(newcomer, leader_ms, &mut changes),
            Command::Attach { peer, incarnation } => self.attach(&peer, incarnation, &mut changes),
            Command::Update {
                peer,
                incarnation,
                seq,
                types,
            } => self.update(&peer, incarnation, seq, &types, &mut changes),
            Command::Describe {
                peer,
                incarnation,
                types,
            } => self.describe(&peer, incarnation, &types),
            Command::Supply {
                peer,
                incarnation,
                descriptions,
            } => self.supply(&peer, incarnation, &descriptions),
            Command::Drain { peer, incarnation } => self.drain(&peer, incarnation, &mut changes),
            Command::Unregister { peer, incarnation } => {
                self.unregister(&peer, incarnation, &mut changes)
            }
            Command::Transitions(transitions) => {
                for transition in &transitions {
                    self.transition(transition, &mut changes);
                }
                Ok(Outcome::Done)
            }
            Command::Decommission { peer } => {
                if self.get(&peer).is_some() {
                    self.remove(&peer, Presence::Removed(index), &mut changes);
                }
                Ok(Outcome::Done)
            }
        };
        self.forget_the_longest_gone();
        (outcome.unwrap_or_else(Outcome::Refused), changes)
    }

    /// The last change; whoever holds it knows all.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The index of the last command, whether it changed anything or not.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many peers there are.
    pub fn len(&self) -> usize {
        self.records.len() - self.gone.len()
    }

    /// Whether nobody is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The peer with this name, if it is there.
    pub fn get(&self, peer: &PeerId) -> Option<&Arc<PeerDescriptor>> {
        Some(&self.records.get(peer)?.member()?.descriptor)
    }

    /// All peers in the order of their names, each with the number of its attachment and how well
    /// it was heard.
    pub fn members(&self) -> impl Iterator<Item = (&Arc<PeerDescriptor>, u64, Condition)> {
        let members = self.records.values().filter_map(Record::member);
        members.map(|member| (&member.descriptor, member.epoch, member.condition))
    }

    /// The other run that has to be asked before a process with this start id may become `peer`
    /// (promise 31); `None` if nobody stands in its way.
    pub fn twin(&self, peer: &PeerId, start_id: u128) -> Option<&Arc<PeerDescriptor>> {
        let record = self.records.get(peer)?;
        let member = record.member()?;
        let in_the_way = record.start_id != start_id && member.condition != Condition::Down;
        in_the_way.then_some(&member.descriptor)
    }

    /// All there is, for those who begin to follow.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            revision: self.revision,
            peers: self
                .members()
                .map(|(descriptor, ..)| descriptor.clone())
                .collect(),
        }
    }

    fn attach(
        &mut self,
        peer: &PeerId,
        incarnation: Incarnation,
        changes: &mut Vec<Change>,
    ) -> Result<Outcome, Refusal> {
        let epoch = self.index;
        let member = self.run(peer, incarnation)?;
        member.epoch = epoch;
        member.condition = Condition::Heard;
        self.tell_state(peer, changes);
        Ok(Outcome::Attached { epoch })
    }

    fn update(
        &mut self,
        peer: &PeerId,
        incarnation: Incarnation,
        seq: u64,
        types: &SubscriptionUpdate,
        changes: &mut Vec<Change>,
    ) -> Result<Outcome, Refusal> {
        let (unchanged, next) = (self.revision, self.next_revision());
        let member = self.run(peer, incarnation)?;
        if seq == member.seq {
            let revision = member.updated_at;
            return Ok(Outcome::Updated { revision });
        }
        if seq < member.seq {
            let applied = member.seq;
            return Err(Refusal::Outdated { applied });
        }
        let mut now = PeerDescriptor::clone(&member.descriptor);
        now.subscriptions.apply(types);
        if let Some(excess) = now.subscriptions.excess() {
            return Err(Refusal::Quota(excess));
        }
        let types = now.subscriptions.since(&member.descriptor.subscriptions);
        let revision = if types.is_empty() { unchanged } else { next };
        (member.seq, member.updated_at) = (seq, revision);
        if !types.is_empty() {
            now.revision = revision;
            member.descriptor = Arc::new(now);
            let kind = ChangeKind::SubscriptionsChanged {
                peer: peer.clone(),
                incarnation,
                types,
            };
            self.tell(kind, changes);
        }
        Ok(Outcome::Updated { revision })
    }

    fn drain(
        &mut self,
        peer: &PeerId,
        incarnation: Incarnation,
        changes: &mut Vec<Change>,
    ) -> Result<Outcome, Refusal> {
        self.run(peer, incarnation)?.draining = true;
        self.tell_state(peer, changes);
        Ok(Outcome::Done)
    }

    fn unregister(
        &mut self,
        peer: &PeerId,
        incarnation: Incarnation,
        changes: &mut Vec<Change>,
    ) -> Result<Outcome, Refusal> {
        let record = self.fence(peer, incarnation)?;
        if !matches!(record.presence, Presence::Left(_)) {
            self.remove(peer, Presence::Left(self.index), changes);
        }
        Ok(Outcome::Done)
    }

    fn transition(&mut self, transition: &Transition, changes: &mut Vec<Change>) {
        let (peer, to) = (&transition.peer, transition.to);
        let Ok(member) = self.run(peer, transition.incarnation) else {
            return;
        };
        // Else it is late: the attachment has ended, or the peer is found worse off already.
        let news = to == Condition::Heard || to > member.condition;
        if member.epoch != transition.epoch || !news {
            return;
        }
        match (member.condition, to) {
            (Condition::Down, Condition::Removed) => {
                self.remove(peer, Presence::Removed(self.index), changes);
            }
            (_, Condition::Removed) => {}
            (_, to) => {
                member.condition = to;
                self.tell_state(peer, changes);
            }
        }
    }

    /// The member that is exactly this run.
    pub(crate) fn run(
        &mut self,
        peer: &PeerId,
        incarnation: Incarnation,
    ) -> Result<&mut Member, Refusal> {
        let record = self.fence(peer, incarnation)?;
        record.member_mut().ok_or(Refusal::NotRegistered)
    }

    /// The record whose last run is exactly this one, whether it is there or gone.
    fn fence(&mut self, peer: &PeerId, incarnation: Incarnation) -> Result<&mut Record, Refusal> {
        let record = self.records.get_mut(peer).ok_or(Refusal::NotRegistered)?;
        let by = record.incarnation;
        match incarnation.cmp(&by) {
            Ordering::Less => Err(Refusal::Fenced { by }),
            Ordering::Equal => Ok(record),
            Ordering::Greater => Err(Refusal::NotRegistered),
        }
    }

    /// Takes a record out, to be put back changed.
    pub(crate) fn take_record(&mut self, peer: &PeerId) -> Option<Record> {
        let record = self.records.remove(peer)?;
        if let Some(since) = record.gone_since() {
            self.gone.remove(&(since, peer.clone()));
        }
        Some(record)
    }

    /// Notes that a peer is gone, and tells it if it was here.
    fn remove(&mut self, peer: &PeerId, how: Presence, changes: &mut Vec<Change>) {
        let Some(record) = self.take_record(peer) else {
            return;
        };
        let incarnation = record.incarnation;
        let was_here = record.member().is_some();
        if let Some(member) = record.member() {
            self.library.leave(&member.types);
        }
        self.gone.insert((self.index, peer.clone()));
        let record = Record {
            presence: how,
            ..record
        };
        self.records.insert(peer.clone(), record);
        if was_here {
            let peer = peer.clone();
            self.tell(ChangeKind::Removed { peer, incarnation }, changes);
        }
    }

    fn forget_the_longest_gone(&mut self) {
        while self.gone.len() > self.quotas.remembered {
            let Some((_, peer)) = self.gone.pop_first() else {
                return;
            };
            if let Some(record) = self.records.remove(&peer) {
                // Each number that was given is a time, or one above another. What is beyond was
                // resumed, and one peer's word would leave no numbers for all the others.
                let given = Incarnation(self.latest_ms.saturating_add(self.index));
                self.forgotten = self.forgotten.max(record.incarnation.min(given));
            }
        }
    }

    /// Tells the state of a member, if it is another than was told.
    fn tell_state(&mut self, peer: &PeerId, changes: &mut Vec<Change>) {
        let revision = self.next_revision();
        let Some(member) = self.records.get_mut(peer).and_then(Record::member_mut) else {
            return;
        };
        let state = member.state();
        if state == member.descriptor.state {
            return;
        }
        let descriptor = Arc::make_mut(&mut member.descriptor);
        (descriptor.state, descriptor.revision) = (state, revision);
        let kind = ChangeKind::StateChanged {
            peer: peer.clone(),
            incarnation: descriptor.incarnation,
            state,
        };
        self.tell(kind, changes);
    }

    /// Appends a change, which makes the next revision.
    pub(crate) fn tell(&mut self, kind: ChangeKind, changes: &mut Vec<Change>) {
        let previous = self.revision;
        self.revision = self.next_revision();
        changes.push(Change {
            revision: self.revision,
            previous,
            kind,
        });
    }

    /// The revision of the next change that the present command makes.
    pub(crate) fn next_revision(&self) -> Revision {
        let sub = match self.revision.index == self.index {
            true => self.revision.sub + 1,
            false => 0,
        };
        Revision {
            index: self.index,
            sub,
            ..self.revision
        }
    }
}
