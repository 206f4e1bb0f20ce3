//! The last answer of the routing table for a type whose messages all get the same.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

use super::near_peer::NearPeer;
use super::recipient::Recipient;
use crate::message::TypeFacts;
use crate::session::LaneId;

/// Types whose last route a thread knows.
const KNOWN: usize = 8;

thread_local! {
    static ROUTES: RefCell<[KnownRoute; KNOWN]> = const {
        RefCell::new([const { KnownRoute::UNKNOWN }; KNOWN])
    };
}

/// The last answer of the routing table for a type whose messages all get the same. The look-up
/// (a hash and two guarded loads) was a fifth of what publishing 128 bytes cost.
///
/// Nothing that a bus is asked to end is kept alive by it: a thread outlives a bus.
pub(super) struct KnownRoute {
    /// Of the table; 0: nothing is known.
    version: u64,
    /// The type's name, by its address and length: as it is static, nothing else ever lies there.
    place: Place,
    answer: Known,
}

/// Where the names of a type and of its lane are in memory. A type that is known at run time only
/// may travel in more than one.
type Place = (usize, usize, usize);

enum Known {
    Nobody,
    Here,
    Peer(NearPeer),
    Many(Weak<Vec<Recipient>>),
}

/// An answer: one recipient, or a list that somebody else keeps.
pub(super) enum Answer {
    Nobody,
    One(Recipient),
    Many(Arc<Vec<Recipient>>),
}

impl KnownRoute {
    const UNKNOWN: Self = Self {
        version: 0,
        place: (0, 0, 0),
        answer: Known::Nobody,
    };

    /// Does something with the only peer that gets messages of this type, if this thread knows it
    /// for this version of a table.
    #[inline]
    pub(super) fn with_peer<T>(
        version: u64,
        facts: &TypeFacts,
        act: impl FnOnce(&NearPeer) -> T,
    ) -> Option<T> {
        // A codec that publishes in turn finds the routes borrowed, to read them as well.
        let act = |routes: &RefCell<[Self; KNOWN]>| {
            let routes = routes.try_borrow().ok()?;
            match &routes[index(facts)] {
                Self {
                    version: of,
                    place: known,
                    answer: Known::Peer(peer),
                } if (*of == version) & (*known == place(facts)) => Some(act(peer)),
                _ => None,
            }
        };
        ROUTES.try_with(act).ok().flatten()
    }

    /// The answer, if this thread knows it for this version of a table.
    pub(super) fn recall(version: u64, facts: &TypeFacts) -> Option<Answer> {
        let recall = |routes: &RefCell<[Self; KNOWN]>| {
            let routes = routes.try_borrow().ok()?;
            let known = &routes[index(facts)];
            if (known.version, known.place) != (version, place(facts)) {
                return None;
            }
            Some(match &known.answer {
                Known::Nobody => Answer::Nobody,
                Known::Here => Answer::One(Recipient::Here),
                Known::Peer(peer) => Answer::One(Recipient::Peer(peer.upgrade()?)),
                Known::Many(many) => Answer::Many(many.upgrade()?),
            })
        };
        ROUTES.try_with(recall).ok().flatten()
    }

    /// Keeps the answer that the table gave. Messages of this type travel in `lane`.
    pub(super) fn keep(version: u64, facts: &TypeFacts, lane: Option<LaneId>, answer: &Answer) {
        let known = Self {
            version,
            place: place(facts),
            answer: match answer {
                Answer::Nobody => Known::Nobody,
                Answer::One(Recipient::Here) => Known::Here,
                Answer::One(Recipient::Peer(peer)) => match lane {
                    Some(lane) => Known::Peer(NearPeer::new(peer, lane)),
                    // A lane too many is told of by whoever takes the long way.
                    None => return,
                },
                Answer::Many(many) => Known::Many(Arc::downgrade(many)),
            },
        };
        let keep = |routes: &RefCell<[Self; KNOWN]>| {
            let mut routes = routes.try_borrow_mut().ok()?;
            Some(std::mem::replace(&mut routes[index(facts)], known))
        };
        // Dropped when the routes are free again: nobody knows what hangs on it.
        drop(ROUTES.try_with(keep));
    }
}

/// Where the route of a type is kept, if it is. Names are aligned to nothing, so that neighbours
/// differ.
fn index(facts: &TypeFacts) -> usize {
    facts.name.as_ptr().addr() % KNOWN
}

fn place(facts: &TypeFacts) -> Place {
    let TypeFacts { name, lane, .. } = facts;
    (name.as_ptr().addr(), name.len(), lane.as_ptr().addr())
}
