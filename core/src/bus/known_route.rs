//! The last answer of the routing table for a type whose messages all get the same.

use std::sync::{Arc, Weak};

use super::recipient::Recipient;
use crate::peers::Peer;

/// The last answer of the routing table for a type whose messages all get the same. The look-up
/// (a hash and two guarded loads) was a fifth of what publishing 128 bytes cost.
///
/// Nothing is kept alive by it: a thread outlives a bus.
#[derive(Default)]
pub(super) struct KnownRoute {
    /// Of the table; 0: nothing is known.
    version: u64,
    /// The type's name, by its address and length: as it is static, nothing else ever lies there.
    name: (usize, usize),
    answer: Known,
}

/// Whoever it is, one reference count brings them back: among other stores each costs as much as
/// copying a small message.
#[derive(Default)]
enum Known {
    #[default]
    Nobody,
    Here,
    Peer(Weak<Peer>),
    Many(Weak<Vec<Recipient>>),
}

/// An answer: one recipient, or a list that somebody else keeps.
pub(super) enum Answer {
    Nobody,
    One(Recipient),
    Many(Arc<Vec<Recipient>>),
}

impl KnownRoute {
    /// The answer, if it is known for this version of a table.
    pub(super) fn recall(&self, version: u64, name: &'static str) -> Option<Answer> {
        if (self.version, self.name) != (version, place(name)) {
            return None;
        }
        Some(match &self.answer {
            Known::Nobody => Answer::Nobody,
            Known::Here => Answer::One(Recipient::Here),
            Known::Peer(peer) => Answer::One(Recipient::Peer(peer.upgrade()?)),
            Known::Many(many) => Answer::Many(many.upgrade()?),
        })
    }

    /// Keeps the answer that the table gave.
    pub(super) fn keep(&mut self, version: u64, name: &'static str, answer: &Answer) {
        (self.version, self.name) = (version, place(name));
        self.answer = match answer {
            Answer::Nobody => Known::Nobody,
            Answer::One(Recipient::Here) => Known::Here,
            Answer::One(Recipient::Peer(peer)) => Known::Peer(Arc::downgrade(peer)),
            Answer::Many(many) => Known::Many(Arc::downgrade(many)),
        };
    }
}

fn place(name: &'static str) -> (usize, usize) {
    (name.as_ptr().addr(), name.len())
}
