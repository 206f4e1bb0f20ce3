//! What the state remembers about one peer id.

use std::sync::Arc;

use quibus::directory::{PeerDescriptor, PeerState, TypeList};
use quibus::{Incarnation, Revision};

use crate::command::Condition;

/// What the state remembers about one peer id; it outlives the peer, so that numbers grow.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// The last run: no other has a higher number.
    pub(crate) incarnation: Incarnation,
    /// The number that run drew for itself.
    pub(crate) start_id: u128,
    /// Whether it is there.
    pub(crate) presence: Presence,
}

#[derive(Debug, Clone)]
pub(crate) enum Presence {
    /// It is a peer.
    Here(Member),
    /// It is gone since the command with this index and may come back.
    Removed(u64),
    /// It has unregistered with the command of this index and may not come back.
    Left(u64),
}

/// A run that is a peer.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) descriptor: Arc<PeerDescriptor>,
    pub(crate) condition: Condition,
    pub(crate) draining: bool,
    /// The index of the command that attached it last.
    pub(crate) epoch: u64,
    /// Its last update of subscriptions.
    pub(crate) seq: u64,
    /// Whoever holds this revision knows of that update.
    pub(crate) updated_at: Revision,
    /// The types that it knows.
    pub(crate) types: TypeList,
}

impl Record {
    pub(crate) fn member(&self) -> Option<&Member> {
        match &self.presence {
            Presence::Here(member) => Some(member),
            Presence::Removed(_) | Presence::Left(_) => None,
        }
    }

    pub(crate) fn member_mut(&mut self) -> Option<&mut Member> {
        match &mut self.presence {
            Presence::Here(member) => Some(member),
            Presence::Removed(_) | Presence::Left(_) => None,
        }
    }

    pub(crate) fn into_member(self) -> Option<Member> {
        match self.presence {
            Presence::Here(member) => Some(member),
            Presence::Removed(_) | Presence::Left(_) => None,
        }
    }

    /// Since when it is gone, if it is.
    pub(crate) fn gone_since(&self) -> Option<u64> {
        match self.presence {
            Presence::Here(_) => None,
            Presence::Removed(index) | Presence::Left(index) => Some(index),
        }
    }
}

impl Member {
    /// The state that others see. Who drains takes nothing new, heard or not.
    pub(crate) fn state(&self) -> PeerState {
        match self.condition {
            Condition::Down | Condition::Removed => PeerState::Down,
            _ if self.draining => PeerState::Draining,
            Condition::Heard => PeerState::Up,
            Condition::Silent => PeerState::Silent,
        }
    }
}
