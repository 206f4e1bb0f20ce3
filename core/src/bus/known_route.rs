//! The last answer of the routing table for a type whose messages all get the same.

use std::sync::{Arc, Weak};

use super::recipient::Recipient;
use crate::peers::Peer;

/// Recipients that are kept; a wider fan-out costs so much that the look-up is nothing beside it.
const MOST: usize = 32;

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
    recipients: Vec<Known>,
}

enum Known {
    Here,
    Peer(Weak<Peer>),
}

impl KnownRoute {
    /// Appends the answer, if it is known for this version of a table.
    pub(super) fn recall(
        &self,
        version: u64,
        name: &'static str,
        recipients: &mut Vec<Recipient>,
    ) -> bool {
        if (self.version, self.name) != (version, place(name)) {
            return false;
        }
        for known in &self.recipients {
            recipients.push(match known {
                Known::Here => Recipient::Here,
                Known::Peer(peer) => match peer.upgrade() {
                    Some(peer) => Recipient::Peer(peer),
                    None => {
                        recipients.clear();
                        return false;
                    }
                },
            });
        }
        true
    }

    /// Keeps the answer that the table gave.
    pub(super) fn keep(&mut self, version: u64, name: &'static str, recipients: &[Recipient]) {
        self.version = 0;
        self.recipients.clear();
        if recipients.len() > MOST {
            return;
        }
        (self.version, self.name) = (version, place(name));
        self.recipients
            .extend(recipients.iter().map(|recipient| match recipient {
                Recipient::Here => Known::Here,
                Recipient::Peer(peer) => Known::Peer(Arc::downgrade(peer)),
            }));
    }
}

fn place(name: &'static str) -> (usize, usize) {
    (name.as_ptr().addr(), name.len())
}
