//! The numbered commands of one stream: how often and when each was handled, and what its sender
//! was told.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::{Manner, Stream, Told};
use super::lives::{Lives, Moment};
use super::number_set::NumberSet;
use super::verdict::{Outcomes, Verdict};

/// What became of each command.
#[derive(Debug, Default)]
pub(super) struct CommandBook {
    begun: u64,
    /// Those whose sender has not been told yet.
    open: BTreeMap<u64, Open>,
    handled: NumberSet,
    /// Those whose sender was told that they were not handled.
    denied: BTreeSet<u64>,
    doubled: u64,
    /// By run of the receiver: the number after the last that it has handled, or one before it.
    /// Empty where order can't be seen.
    next: BTreeMap<u64, u64>,
    out_of_order: u64,
    manner: Manner,
    outcomes: Outcomes,
    untrue: u64,
    first_untrue: Option<String>,
}

#[derive(Debug)]
struct Open {
    /// Of the receiver and of the sender, when it was begun.
    since: (Moment, Moment),
    hasty: bool,
}

impl CommandBook {
    pub(super) fn begin(&mut self, since: (Moment, Moment), manner: Manner, hasty: bool) -> u64 {
        self.manner = manner;
        let number = self.begun;
        self.begun += 1;
        self.open.insert(number, Open { since, hasty });
        number
    }

    pub(super) fn begun_in_all(&self) -> u64 {
        self.begun
    }

    pub(super) fn handled(&mut self, receiver: u64, number: u64) {
        if !self.handled.insert(number) {
            self.doubled += 1;
        } else if self.manner == Manner::InOrder {
            self.out_of_order += u64::from(!self.is_next(receiver, number));
        }
        if self.denied.contains(&number) {
            self.lie(format!("{number} was handled after *not handled*"));
        }
    }

    pub(super) fn ended(&mut self, stream: Stream, number: u64, told: &Told, lives: &Lives) {
        let Some(open) = self.open.remove(&number) else {
            self.lie(format!(
                "{number} ended twice, or before it began: {told:?}"
            ));
            return;
        };
        let (to, from) = open.since;
        let died = lives.has_died_since(stream.to, to);
        let stopped = lives.has_stopped_since(stream.to, to);
        // A sender that stops ends what it sends.
        let left = lives.has_stopped_since(stream.from.peer, from);
        let handled = self.handled.contains(number);
        let unsequenced = self.manner == Manner::Unsequenced;
        let true_ = match told {
            Told::Replied => {
                self.outcomes.replied += 1;
                handled
            }
            Told::Lost { sent: true } => {
                self.outcomes.lost += 1;
                died || left
            }
            Told::Lost { sent: false } => {
                self.outcomes.unhandled += 1;
                (died || stopped || left) && self.deny(number)
            }
            Told::Unroutable { shown } => {
                self.outcomes.unhandled += 1;
                (died || stopped || left || *shown) && self.deny(number)
            }
            Told::LinkLost { sent: true } => {
                self.outcomes.lost += 1;
                unsequenced
            }
            Told::LinkLost { sent: false } | Told::NotNow => {
                self.outcomes.unhandled += 1;
                unsequenced && self.deny(number)
            }
            Told::TimedOut { sent, early } => {
                self.outcomes.timed_out += 1;
                open.hasty && !early && (*sent || self.deny(number))
            }
            Told::Wrong(_) => false,
        };
        if !true_ {
            self.lie(format!("{number}: {told:?}, handled: {handled}"));
        }
    }

    /// Whether nothing behind it in the lane was handled before, by this run or one before it.
    fn is_next(&mut self, receiver: u64, number: u64) -> bool {
        let before = self.next.range(..=receiver).next_back();
        let next = before.map_or(0, |(_, next)| *next);
        self.next.insert(receiver, next.max(number + 1));
        number >= next
    }

    /// It was said not to have been handled; whether that is so until now.
    fn deny(&mut self, number: u64) -> bool {
        self.denied.insert(number);
        !self.handled.contains(number)
    }

    fn lie(&mut self, words: String) {
        self.untrue += 1;
        self.first_untrue.get_or_insert(words);
    }

    /// How many wait for their outcome.
    pub(super) fn outstanding(&self) -> u64 {
        self.open.len() as u64
    }

    /// Adds what is wrong, now that all that was begun has ended.
    pub(super) fn settle(&self, stream: Stream, lives: &Lives, verdict: &mut Verdict) {
        let mut outcomes = self.outcomes;
        let open = self.open.len() as u64;
        if lives.died(stream.from) {
            outcomes.orphaned += open;
        } else {
            let words = || format!("command {:?} of {stream:?}", self.open.keys().next());
            verdict.blame(open, |f| &mut f.without_outcome, words);
        }
        if self.manner == Manner::Unsequenced {
            verdict.unsequenced.add(outcomes);
        } else {
            verdict.commands_begun += self.begun;
            verdict.commands_handled += self.handled.len();
            verdict.outcomes.add(outcomes);
        }
        let twice = || format!("command twice: {stream:?}");
        verdict.blame(self.doubled, |f| &mut f.doubled, twice);
        let late = || format!("command late: {stream:?}");
        verdict.blame(self.out_of_order, |f| &mut f.out_of_order, late);
        let words = || {
            let first = self.first_untrue.as_deref().unwrap_or_default();
            format!("untrue outcome: {first} of {stream:?}")
        };
        verdict.blame(self.untrue, |f| &mut f.untrue_outcome, words);
    }
}
