//! The messages in hand of a worker, one after the other.
//!
//! Most handlers return without waiting for anything. So a run of messages goes through its
//! handler's slot in one call, and what each command is answered is encoded there, where its type is
//! known: to ask for each message whether that is so took a third of what receiving it takes.

use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;

use super::answer::{Answer, reply};
use super::current_handler::Awaited;
use super::delivery::Delivery;
use super::done::Done;
use super::queue::Queue;
use super::run::Run;
use super::starting::{Refusal, nothing, read};
use super::verdict::Verdict;
use super::work::{Origin, Work, WorkContent};
use super::{Completion, StartError};
use crate::session::{Item, Parcel, cost_of};

/// What nobody ever sets.
static NEVER: AtomicBool = AtomicBool::new(false);

/// Messages off the wire for one handler.
pub(crate) struct InHand<'a> {
    parcel: &'a Parcel,
    items: slice::Iter<'a, Item>,
    epoch: u64,
    /// The number of the next one.
    sequence: u64,
    command: bool,
    origin: &'a Arc<Origin>,
    /// The one that was taken last.
    delivery: Delivery<'a>,
    awaited: &'a Awaited,
    /// Milliseconds that have passed on the parcel's clock, for the deadlines of commands.
    passed: Option<u64>,
    /// Those that were taken.
    done: Done,
    /// Whether a suspended handler can go on: before any of these (promise 21).
    waited_for: &'a AtomicBool,
    /// For commands: whether their peer is owed so much that none of these may start.
    debt: Option<&'a AtomicBool>,
}

/// Why a slot stopped taking messages.
pub(crate) enum Stopped {
    /// There are no more, or somebody else is to go on.
    Done,
    /// The handler of the last one waits.
    Pending,
    /// The last one did not start.
    Refused(Refusal),
    /// The last one's handler ended, and that is to be looked at.
    Ended(Completion),
}

impl<'a> InHand<'a> {
    /// The first of the messages in hand, at most `most`, if they came off the wire and no other
    /// handler shares them.
    pub(super) fn of(
        work: &'a Work,
        queue: &'a Queue,
        awaited: &'a Awaited,
        now: Instant,
        most: usize,
    ) -> Option<Self> {
        let WorkContent::Wire { run, origin } = &work.content else {
            return None;
        };
        if work.join.is_some() {
            return None;
        }
        let items = run.items();
        let command = work.handler.handler.is_command();
        Some(Self {
            parcel: &run.parcel,
            items: items.get(..most.min(items.len()))?.iter(),
            epoch: run.epoch,
            sequence: run.sequence,
            command,
            origin,
            delivery: nothing(origin, queue.states()),
            awaited,
            passed: command.then(|| run.parcel.passed(now)).flatten(),
            done: Done::default(),
            waited_for: match work.is_next {
                true => &NEVER,
                false => queue.waited_for(),
            },
            debt: (command && !work.is_next)
                .then(|| origin.peer.debt(origin.lane))
                .flatten(),
        })
    }

    /// Takes the next, unless there is somebody else to go on with.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Option<Result<&mut Delivery<'a>, Refusal>> {
        let in_debt = |debt: &AtomicBool| debt.load(Ordering::Relaxed);
        if self.waited_for.load(Ordering::Relaxed) || self.debt.is_some_and(in_debt) {
            return None;
        }
        let item = self.items.next()?;
        self.sequence += 1;
        self.done.start(cost_of(item.len()));
        if self.passed.is_some_and(|passed| item.is_past(passed)) {
            return Some(Err(Refusal::Expired));
        }
        let read = read(
            &mut self.delivery,
            self.parcel,
            item,
            self.epoch,
            self.origin,
            None,
        );
        Some(read.map(|()| &mut self.delivery))
    }

    /// Whether the end of the last one's handler needs no looking at.
    #[inline]
    pub(crate) fn is_plain(&self, completion: &Completion) -> bool {
        matches!(completion, Completion::Handled) && !self.awaited.is_some()
    }

    /// Answers the last one with the reply in `slot`, if it is a command; or says what is to be
    /// answered instead.
    #[inline]
    pub(crate) fn reply(&self, slot: &mut (impl Run + ?Sized)) -> Option<Verdict> {
        if !self.command {
            return None;
        }
        reply(self.origin, self.epoch, self.last(), slot)
    }

    /// What became of a message that did not start; `None`: nothing to speak of.
    #[inline]
    pub(crate) fn refused(&self, refusal: Refusal) -> Option<Stopped> {
        match refusal {
            Refusal::Start(StartError::Unwanted) if !self.command => None,
            refusal => Some(Stopped::Refused(refusal)),
        }
    }

    /// To whom the end of the last one is told.
    pub(super) fn answer(&self) -> Answer {
        match self.command {
            true => Answer::to_peer(self.origin.clone(), self.epoch, self.last()),
            false => Answer::to_nobody(),
        }
    }

    /// Those that were taken.
    pub(super) fn done(&self) -> Done {
        self.done
    }

    /// The number of the last one.
    fn last(&self) -> u64 {
        self.sequence.saturating_sub(1)
    }
}
