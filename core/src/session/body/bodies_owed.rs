//! The bodies that this side owes the other (R12): who has asked for which, and where.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::bodies_wanted::MAX_OPEN;
use crate::session::LinkId;

/// Bodies that may be open at once. Twice what a reader may ask for: what it said of one on a link
/// may come after its credit for the next on another.
const MOST_OPEN: usize = 2 * MAX_OPEN;
/// Most bodies of replies that may wait to be asked for.
const MOST_REPLIES: usize = 1024;

/// The bodies that this side owes the other. `S` is where the bytes of one come from, `F` a handle
/// of one that flows.
#[derive(Debug)]
pub(crate) struct BodiesOwed<S, F> {
    by_number: BTreeMap<u64, State<S, F>>,
}

#[derive(Debug)]
enum State<S, F> {
    Waiting(Owed<S>),
    Open(LinkId, F),
    /// Open, but nothing more comes. Its reader has been told, or has said already that it needs
    /// no more: what it says last ends the stream, so until then it is known here.
    GivenUp(LinkId, F),
}

/// A body that waits to be asked for.
#[derive(Debug)]
pub(crate) struct Owed<S> {
    pub(crate) source: S,
    /// Of a reply's: the session that it belongs to, and how long it waits. A command's waits for
    /// as long as its send.
    pub(crate) reply: Option<(u64, Instant)>,
}

/// What follows from a credit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked<S, F> {
    /// Open its stream on this link, and call [`BodiesOwed::opened`].
    Open(S),
    /// It flows: let it flow on.
    More(F),
    /// It does not come: say so.
    Cut,
}

impl<S, F: Clone> BodiesOwed<S, F> {
    /// Enters a body before its message. Gives it back if too many wait.
    pub(crate) fn owe(&mut self, body: u64, owed: Owed<S>) -> Result<(), S> {
        let reply = |state: &State<S, F>| matches!(state, State::Waiting(w) if w.reply.is_some());
        let replies = || self.by_number.values().filter(|s| reply(s)).count();
        if owed.reply.is_some() && self.by_number.len() >= MOST_REPLIES && replies() >= MOST_REPLIES
        {
            return Err(owed.source);
        }
        self.by_number.insert(body, State::Waiting(owed));
        Ok(())
    }

    /// The other side asks for a body on a link; `open` makes the handle if that opens it.
    pub(crate) fn ask(&mut self, body: u64, link: LinkId, open: impl FnOnce() -> F) -> Asked<S, F> {
        match self.by_number.get(&body) {
            None => return Asked::Cut,
            Some(State::Open(at, flow)) if *at == link => return Asked::More(flow.clone()),
            Some(State::Waiting(_)) if self.open().count() < MOST_OPEN => {}
            // What was given out on another link is gone with it, and what was given up for good.
            Some(_) => return Asked::Cut,
        }
        match self.by_number.insert(body, State::Open(link, open())) {
            Some(State::Waiting(owed)) => Asked::Open(owed.source),
            _ => Asked::Cut,
        }
    }

    /// A body is given up by whoever owes it: its source, or its flow, to be dropped or stopped
    /// after unlocking. One that flows is known until its reader or its stream has ended it; with
    /// the flow comes the link to say so on.
    pub(crate) fn give_up(&mut self, body: u64) -> (Option<S>, Option<(LinkId, F)>) {
        match self.by_number.remove(&body) {
            None => (None, None),
            Some(State::Waiting(owed)) => (Some(owed.source), None),
            Some(State::Open(link, flow)) => {
                self.by_number
                    .insert(body, State::GivenUp(link, flow.clone()));
                (None, Some((link, flow)))
            }
            Some(known @ State::GivenUp(..)) => {
                self.by_number.insert(body, known);
                (None, None)
            }
        }
    }

    /// A body is over, because its reader or its stream is: its source, or its flow, to be dropped
    /// or ended after unlocking.
    pub(crate) fn end(&mut self, body: u64) -> (Option<S>, Option<F>) {
        match self.by_number.remove(&body) {
            None => (None, None),
            Some(State::Waiting(owed)) => (Some(owed.source), None),
            Some(State::Open(_, flow) | State::GivenUp(_, flow)) => (None, Some(flow)),
        }
    }

    /// Bodies of replies whose time has passed, or whose session came before `epoch`, are no
    /// longer owed: their sources, to be dropped after unlocking.
    pub(crate) fn expire(&mut self, now: Instant, epoch: u64) -> Vec<S> {
        let over = |state: &State<S, F>| match state {
            State::Waiting(Owed { reply, .. }) => {
                reply.is_some_and(|(of, until)| of < epoch || until <= now)
            }
            State::Open(..) | State::GivenUp(..) => false,
        };
        let gone: Vec<u64> = self
            .by_number
            .iter()
            .filter(|(_, state)| over(state))
            .map(|(body, _)| *body)
            .collect();
        gone.into_iter()
            .filter_map(|body| self.end(body).0)
            .collect()
    }

    /// When the next body's time passes.
    pub(crate) fn earliest(&self) -> Option<Instant> {
        let until = |state: &State<S, F>| match state {
            State::Waiting(owed) => owed.reply.map(|(_, until)| until),
            State::Open(..) | State::GivenUp(..) => None,
        };
        self.by_number.values().filter_map(until).min()
    }

    /// Whether a body's stream is open on this link.
    pub(crate) fn is_open_on(&self, link: LinkId) -> bool {
        self.open().any(|at| at == link)
    }

    /// Whether a body flows, or that of a reply waits to be asked for.
    pub(crate) fn is_in_progress(&self) -> bool {
        self.by_number.values().any(|state| match state {
            State::Waiting(owed) => owed.reply.is_some(),
            State::Open(..) => true,
            State::GivenUp(..) => false,
        })
    }

    fn open(&self) -> impl Iterator<Item = LinkId> + '_ {
        self.by_number.values().filter_map(|state| match state {
            State::Open(link, _) | State::GivenUp(link, _) => Some(*link),
            State::Waiting(_) => None,
        })
    }
}

impl<S, F> Default for BodiesOwed<S, F> {
    fn default() -> Self {
        Self {
            by_number: BTreeMap::new(),
        }
    }
}
