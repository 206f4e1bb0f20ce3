//! What changes the directory's state.

use bytes::Bytes;
use quibus::directory::{SubscriptionUpdate, Subscriptions, TypeList};
use quibus::{Identity, Incarnation, PeerId};

/// Something that changes the directory's state. Every command may be applied twice: the second
/// time changes nothing that matters and has the same outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A process wants to be a peer.
    Register(Newcomer),
    /// A registered run is followed by a server from now on, which has heard it just now.
    Attach {
        /// The peer.
        peer: PeerId,
        /// Its run.
        incarnation: Incarnation,
    },
    /// A run wants something else.
    Update {
        /// The peer.
        peer: PeerId,
        /// Its run.
        incarnation: Incarnation,
        /// The number of the update in that run, from 1.
        seq: u64,
        /// The complete keys of each changed type.
        types: SubscriptionUpdate,
    },
    /// A run says which types it knows; it may be asked for descriptions.
    Describe {
        /// The peer.
        peer: PeerId,
        /// Its run.
        incarnation: Incarnation,
        /// All types that it knows.
        types: TypeList,
    },
    /// A run hands over descriptions of types.
    Supply {
        /// The peer.
        peer: PeerId,
        /// Its run.
        incarnation: Incarnation,
        /// Each of them encoded.
        descriptions: Vec<Bytes>,
    },
    /// A run takes nothing new any more.
    Drain {
        /// The peer.
        peer: PeerId,
        /// Its run.
        incarnation: Incarnation,
    },
    /// A run has stopped in good order; its start id never comes back.
    Unregister {
        /// The peer.
        peer: PeerId,
        /// Its run.
        incarnation: Incarnation,
    },
    /// What a failure detector has found out, batched.
    Transitions(Vec<Transition>),
    /// An administrator removes a peer, whatever its state. If it lives, it will register again.
    Decommission {
        /// The peer.
        peer: PeerId,
    },
}

/// A process that wants to be a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// Who it says it is; its identity has to cover that.
    pub peer: PeerId,
    /// What its certificate proves.
    pub identity: Identity,
    /// The random number it drew when it started.
    pub start_id: u128,
    /// The incarnation it already has, if it believes that the directory has forgotten it.
    pub resume: Option<Incarnation>,
    /// Where it can be dialled.
    pub address: String,
    /// All it wants.
    pub subscriptions: Subscriptions,
    /// The last update that is in `subscriptions`.
    pub seq: u64,
    /// Whether messages are kept for it while it is away.
    pub durable: bool,
    /// The verdict about its twin: the older run that was asked and did not answer, if any
    /// (promise 31). It counts for exactly that run.
    pub replaces: Option<Incarnation>,
}

/// A failure detector's finding about one peer. It counts only as long as the peer is in the very
/// attachment that was watched, so that a peer that moved to another server can't be declared dead
/// by its former one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The peer.
    pub peer: PeerId,
    /// Its run.
    pub incarnation: Incarnation,
    /// The attachment that was watched.
    pub epoch: u64,
    /// What was found.
    pub to: Condition,
}

/// How well a peer is heard; whether it drains is another matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// It is heard.
    Heard,
    /// It has not been heard for a while.
    Silent,
    /// It is taken for gone.
    Down,
    /// It was down for so long that its descriptor goes. Only who is down can be removed.
    Removed,
}
