//! The events in hand of a worker, one after the other.
//!
//! An event has no deadline and nobody waits for its end, and most handlers return without waiting
//! for anything. So a run of them goes through its handler's slot in one call: to ask for each
//! whether that is so took a third of what receiving it takes.

use std::slice;

use super::current_handler::Awaited;
use super::delivery::Delivery;
use super::queue::Done;
use super::starting::{Refusal, read};
use super::states::States;
use super::work::{Origin, Work, WorkContent};
use super::{Completion, StartError};
use crate::session::{Item, Parcel, cost_of};

/// Events off the wire for one handler.
pub(crate) struct Events<'a> {
    parcel: &'a Parcel,
    items: slice::Iter<'a, Item>,
    epoch: u64,
    origin: &'a Origin,
    states: &'a States,
    awaited: &'a Awaited,
    /// Those that were taken.
    done: Done,
}

/// Why a slot stopped taking events.
pub(crate) enum Stopped {
    /// There are no more.
    Done,
    /// The handler of the last one waits.
    Pending,
    /// The last one did not start.
    Refused(Refusal),
    /// The last one's handler ended, and that is to be looked at.
    Ended(Completion),
}

impl<'a> Events<'a> {
    /// The first of the messages in hand, at most `most`, if events off the wire is what they are.
    pub(super) fn of(
        work: &'a Work,
        states: &'a States,
        awaited: &'a Awaited,
        most: usize,
    ) -> Option<Self> {
        let WorkContent::Wire { run, origin } = &work.content else {
            return None;
        };
        if work.handler.handler.is_command() {
            return None;
        }
        let items = run.parcel.items.get(run.items.clone())?;
        Some(Self {
            parcel: &run.parcel,
            items: items.get(..most.min(items.len()))?.iter(),
            epoch: run.epoch,
            origin,
            states,
            awaited,
            done: Done::default(),
        })
    }

    /// Takes the next. Inlined, or each delivery would be copied from hand to hand.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Option<Result<Delivery<'a>, Refusal>> {
        let item = self.items.next()?;
        self.done.messages += 1;
        self.done.cost += cost_of(item.len());
        Some(read(
            self.parcel,
            item,
            self.epoch,
            self.origin,
            None,
            self.states,
        ))
    }

    /// Whether the end of the last one's handler needs no looking at.
    #[inline]
    pub(crate) fn is_plain(&self, completion: &Completion) -> bool {
        matches!(completion, Completion::Handled) && !self.awaited.is_some()
    }

    /// Those that were taken.
    pub(super) fn done(&self) -> Done {
        self.done
    }
}

impl Stopped {
    /// What became of an event that did not start; `None`: nothing to speak of.
    #[inline]
    pub(crate) fn refused(refusal: Refusal) -> Option<Self> {
        match refusal {
            Refusal::Start(StartError::Unwanted) => None,
            refusal => Some(Self::Refused(refusal)),
        }
    }
}
