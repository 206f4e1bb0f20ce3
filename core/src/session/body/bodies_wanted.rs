//! The bodies that this side reads (R12): a few at once, the others wait in order.

use std::collections::{BTreeMap, VecDeque};

use super::BODY_WINDOW;
use crate::session::LinkId;

/// Bodies that one side reads of the other at once.
pub(crate) const MAX_OPEN: usize = 4;
/// Most readers that wait for one of these places.
const MOST_WAITING: usize = 1024;

/// The bodies that this side reads. `R` is who is told that something has changed.
#[derive(Debug)]
pub(crate) struct BodiesWanted<R> {
    by_number: BTreeMap<u64, Reader<R>>,
    /// Readers without a place, first come first served.
    waiting: VecDeque<u64>,
    current: Option<LinkId>,
}

#[derive(Debug)]
struct Reader<R> {
    reader: R,
    /// The session that it was begun in, or a later one.
    epoch: u64,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Waits for a place.
    Waiting,
    /// Has a place and nobody to ask.
    Unlinked,
    /// Has asked on this link.
    Asked(LinkId),
    /// Reads a stream of this link.
    Reading(LinkId),
}

/// A first credit to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) link: LinkId,
    pub(crate) body: u64,
    pub(crate) up_to: u64,
}

/// What becomes of a reader that has just come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Ask(Ask),
    /// A link is needed.
    Dial,
    /// It waits for a place.
    Wait,
    /// So many wait that this one can't, or the body is being read already.
    Refused,
}

impl<R: Clone> BodiesWanted<R> {
    /// Somebody wants to read a body.
    pub(crate) fn want(&mut self, body: u64, epoch: u64, reader: R) -> Wanted {
        if self.by_number.contains_key(&body) || self.waiting.len() >= MOST_WAITING {
            return Wanted::Refused;
        }
        let place = self.by_number.len() - self.waiting.len() < MAX_OPEN;
        let phase = match (place, self.current) {
            (false, _) => Phase::Waiting,
            (true, None) => Phase::Unlinked,
            (true, Some(link)) => Phase::Asked(link),
        };
        self.by_number.insert(
            body,
            Reader {
                reader,
                epoch,
                phase,
            },
        );
        match phase {
            Phase::Asked(link) => Wanted::Ask(Ask::first(link, body)),
            Phase::Unlinked => Wanted::Dial,
            _ => {
                self.waiting.push_back(body);
                Wanted::Wait
            }
        }
    }

    /// A link is in use, or none is: what is to be asked there.
    pub(crate) fn link_current(&mut self, current: Option<LinkId>) -> Vec<Ask> {
        self.current = current;
        let Some(link) = current else {
            return Vec::new();
        };
        let mut asks = Vec::new();
        for (body, reader) in &mut self.by_number {
            if reader.phase == Phase::Unlinked {
                reader.phase = Phase::Asked(link);
                asks.push(Ask::first(link, *body));
            }
        }
        asks
    }

    /// A link has ended. A body whose stream was seen there is broken, and its reader hears that
    /// from the stream; one that was only asked for there can be asked for again.
    pub(crate) fn link_ended(&mut self, ended: LinkId) -> Vec<Ask> {
        if self.current == Some(ended) {
            self.current = None;
        }
        for reader in self.by_number.values_mut() {
            if reader.phase == Phase::Asked(ended) {
                reader.phase = Phase::Unlinked;
            }
        }
        self.link_current(self.current)
    }

    /// A body's stream has come on a link; whom to give it. `None`: nobody asked for it there.
    pub(crate) fn stream(&mut self, body: u64, link: LinkId) -> Option<R> {
        let reader = self.by_number.get_mut(&body)?;
        if reader.phase != Phase::Asked(link) {
            return None;
        }
        reader.phase = Phase::Reading(link);
        Some(reader.reader.clone())
    }

    /// The other side says on a link that a body does not come, or no further: whom to tell, and
    /// who gets the place. What it says on another link than the body was asked for on is about an
    /// older credit.
    pub(crate) fn cut(&mut self, body: u64, link: LinkId) -> Option<(R, Option<Ask>)> {
        let phase = self.by_number.get(&body)?.phase;
        if phase != Phase::Asked(link) && phase != Phase::Reading(link) {
            return None;
        }
        let reader = self.by_number.remove(&body)?.reader;
        Some((reader, self.give_place()))
    }

    /// A reader needs no more: the link to say so on, and who gets its place.
    pub(crate) fn release(&mut self, body: u64) -> (Option<LinkId>, Option<Ask>) {
        let Some(reader) = self.by_number.remove(&body) else {
            return (None, None);
        };
        let link = match reader.phase {
            Phase::Waiting => {
                self.waiting.retain(|waiting| *waiting != body);
                return (self.current, None);
            }
            Phase::Unlinked => self.current,
            Phase::Asked(link) | Phase::Reading(link) => Some(link),
        };
        (link, self.give_place())
    }

    /// The sessions before `epoch` have ended: whose bodies never come.
    pub(crate) fn sessions_ended(&self, epoch: u64) -> Vec<R> {
        let asks = |phase| !matches!(phase, Phase::Reading(_));
        self.by_number
            .values()
            .filter(|reader| reader.epoch < epoch && asks(reader.phase))
            .map(|reader| reader.reader.clone())
            .collect()
    }

    /// Everybody who waits for a stream.
    pub(crate) fn all_waiting(&self) -> Vec<R> {
        self.sessions_ended(u64::MAX)
    }

    /// The link in use.
    pub(crate) fn current(&self) -> Option<LinkId> {
        self.current
    }

    /// How many readers wait for a link.
    pub(crate) fn unlinked(&self) -> usize {
        let unlinked = |reader: &&Reader<R>| reader.phase == Phase::Unlinked;
        self.by_number.values().filter(unlinked).count()
    }

    /// Whether a body is asked for, or read, on this link.
    pub(crate) fn is_open_on(&self, link: LinkId) -> bool {
        let on = |phase| phase == Phase::Asked(link) || phase == Phase::Reading(link);
        self.by_number.values().any(|reader| on(reader.phase))
    }

    /// Whether anybody reads, or waits to.
    pub(crate) fn is_in_progress(&self) -> bool {
        !self.by_number.is_empty()
    }

    fn give_place(&mut self) -> Option<Ask> {
        let body = self.waiting.pop_front()?;
        let reader = self.by_number.get_mut(&body)?;
        let Some(link) = self.current else {
            reader.phase = Phase::Unlinked;
            return None;
        };
        reader.phase = Phase::Asked(link);
        Some(Ask::first(link, body))
    }
}

impl Ask {
    fn first(link: LinkId, body: u64) -> Self {
        Self {
            link,
            body,
            up_to: BODY_WINDOW,
        }
    }
}

impl<R> Default for BodiesWanted<R> {
    fn default() -> Self {
        Self {
            by_number: BTreeMap::new(),
            waiting: VecDeque::new(),
            current: None,
        }
    }
}
