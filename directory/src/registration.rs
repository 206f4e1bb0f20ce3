//! How a process becomes a peer: which number it gets, and what becomes of its twin.

use std::sync::Arc;

use quibus::Incarnation;
use quibus::directory::{Change, ChangeKind, PeerDescriptor, PeerState};

use crate::command::{Condition, Newcomer};
use crate::outcome::{Outcome, Refusal};
use crate::record::{Member, Presence, Record};
use crate::state::State;

impl State {
    pub(crate) fn register(
        &mut self,
        newcomer: Newcomer,
        leader_ms: u64,
        changes: &mut Vec<Change>,
    ) -> Result<Outcome, Refusal> {
        let (peer, identity) = (&newcomer.peer, &newcomer.identity);
        if !identity.may_be(peer) {
            return Err(Refusal::NotAllowed(format!("{identity} is not {peer}")));
        }
        if let Some(excess) = newcomer.subscriptions.excess() {
            return Err(Refusal::Quota(excess));
        }
        let incarnation = self.number(&newcomer, leader_ms)?;
        let present = self.len();
        if self.get(peer).is_none() && present >= self.quotas.peers {
            let text = format!("the directory holds {present} peers and takes no more");
            return Err(Refusal::Quota(text));
        }
        self.enter(newcomer, incarnation, changes);
        let epoch = self.index;
        Ok(Outcome::Registered { incarnation, epoch })
    }

    /// Which number the newcomer gets: the same start id keeps its own, a forgotten run the one it
    /// resumes, anybody else a new one, above all that were given or offered for its peer id.
    fn number(&self, newcomer: &Newcomer, leader_ms: u64) -> Result<Incarnation, Refusal> {
        let fresh = self.forgotten.0.saturating_add(1).max(leader_ms);
        let Some(record) = self.records.get(&newcomer.peer) else {
            return Ok(newcomer.resume.unwrap_or(Incarnation(fresh)));
        };
        if record.start_id == newcomer.start_id {
            return match record.presence {
                Presence::Left(_) => Err(Refusal::Left),
                Presence::Here(_) | Presence::Removed(_) => Ok(record.incarnation),
            };
        }
        if newcomer
            .resume
            .is_some_and(|offered| offered <= record.incarnation)
        {
            let by = record.incarnation;
            return Err(Refusal::Fenced { by });
        }
        // Who resumes a greater number had replaced the other before a directory forgot both.
        if newcomer.resume.is_none()
            && let Some(twin) = self.twin(&newcomer.peer, newcomer.start_id)
            && newcomer.replaces != Some(twin.incarnation)
        {
            return Err(Refusal::Twin {
                incarnation: twin.incarnation,
                address: twin.address.clone(),
            });
        }
        let fresh = record.incarnation.0.saturating_add(1).max(fresh);
        Ok(newcomer.resume.unwrap_or(Incarnation(fresh)))
    }

    fn enter(&mut self, newcomer: Newcomer, incarnation: Incarnation, changes: &mut Vec<Change>) {
        let peer = newcomer.peer.clone();
        let start_id = newcomer.start_id;
        let known = self.take_record(&peer);
        let same_run = |record: &Record| record.incarnation == incarnation;
        let (former, replaced) = match known {
            Some(record) if same_run(&record) => (record.into_member(), None),
            other => (None, other.and_then(Record::into_member)),
        };
        if let Some(replaced) = replaced {
            self.library.leave(&replaced.types);
        }
        let mut member = self.member(newcomer, incarnation, former.as_ref());
        match former {
            // Only the attachment is new: nobody else needs to hear of it.
            Some(former) if former.descriptor.says_the_same(&member.descriptor) => {
                member.descriptor = former.descriptor;
                member.updated_at = self.revision;
            }
            _ => self.tell(ChangeKind::Registered(member.descriptor.clone()), changes),
        }
        let presence = Presence::Here(member);
        let record = Record {
            incarnation,
            start_id,
            presence,
        };
        self.records.insert(peer, record);
    }

    fn member(
        &self,
        newcomer: Newcomer,
        incarnation: Incarnation,
        former: Option<&Member>,
    ) -> Member {
        let draining = former.is_some_and(|former| former.draining);
        let revision = self.next_revision();
        let mut seq = newcomer.seq;
        let mut subscriptions = newcomer.subscriptions;
        if let Some(former) = former
            && former.seq > seq
        {
            // An update overtook this registration, which must not undo it.
            seq = former.seq;
            subscriptions = former.descriptor.subscriptions.clone();
        }
        let descriptor = PeerDescriptor {
            peer: newcomer.peer,
            incarnation,
            start_id: newcomer.start_id,
            address: newcomer.address,
            identity: newcomer.identity,
            state: if draining {
                PeerState::Draining
            } else {
                PeerState::Up
            },
            subscriptions,
            durable: newcomer.durable,
            revision,
        };
        Member {
            descriptor: Arc::new(descriptor),
            condition: Condition::Heard,
            draining,
            epoch: self.index,
            seq,
            updated_at: revision,
            types: former
                .map(|former| former.types.clone())
                .unwrap_or_default(),
        }
    }
}
