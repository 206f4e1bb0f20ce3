//! What is wrong with a history, counted by kind.

use std::fmt;

/// What is wrong with deliveries; all zero if nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// Events accepted, to be handled, and not handled.
    pub lost: u64,
    /// Events or commands handled more than once, or again after a restart.
    pub doubled: u64,
    /// Events, or commands whose order can be seen, handled after a later one.
    pub out_of_order: u64,
    /// Events that the bus skipped though nobody froze their subscriber.
    pub missed: u64,
    /// Sends without an outcome.
    pub without_outcome: u64,
    /// Sends whose outcome is not true: a wrong reply, *lost* without a restart, *not handled*
    /// though it was, *replied* though it was not, *timed out* in time, the end of a link or the
    /// want of one where the send was to wait.
    pub untrue_outcome: u64,
}

impl Faults {
    /// Adds those of another history.
    pub fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.out_of_order += other.out_of_order;
        self.missed += other.missed;
        self.without_outcome += other.without_outcome;
        self.untrue_outcome += other.untrue_outcome;
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            lost,
            doubled,
            out_of_order,
            missed,
            without_outcome,
            untrue_outcome,
        } = self;
        write!(
            f,
            "{lost} lost, {doubled} doubled, {out_of_order} out of order, {missed} missed, \
             {without_outcome} without outcome, {untrue_outcome} untrue"
        )
    }
}

/// How many commands ended in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcomes {
    /// With their reply.
    pub replied: u64,
    /// The receiver was gone, or the link of an unsequenced one; it may have been handled.
    pub lost: u64,
    /// The receiver was gone or leaving, or an unsequenced one would have had to wait; it was not
    /// handled.
    pub unhandled: u64,
    /// The deadline passed.
    pub timed_out: u64,
    /// The sender died and heard nothing.
    pub orphaned: u64,
}

impl Outcomes {
    /// Adds those of another history.
    pub fn add(&mut self, other: Self) {
        self.replied += other.replied;
        self.lost += other.lost;
        self.unhandled += other.unhandled;
        self.timed_out += other.timed_out;
        self.orphaned += other.orphaned;
    }

    /// How many there were.
    pub fn total(&self) -> u64 {
        self.replied + self.lost + self.unhandled + self.timed_out + self.orphaned
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            replied,
            lost,
            unhandled,
            timed_out,
            orphaned,
        } = self;
        write!(
            f,
            "{replied} replied, {lost} may have been handled, {unhandled} were not, {timed_out} \
             timed out, {orphaned} lost their sender"
        )
    }
}

/// What a history came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// What is wrong.
    pub faults: Faults,
    /// The first of what is wrong, in words.
    pub examples: Vec<String>,
    /// How the commands ended, but for unsequenced ones.
    pub outcomes: Outcomes,
    /// How the unsequenced commands ended.
    pub unsequenced: Outcomes,
    /// Events that were accepted, one per recipient.
    pub events_accepted: u64,
    /// Events that were handled, one per recipient.
    pub events_handled: u64,
    /// Commands that were begun, but for unsequenced ones.
    pub commands_begun: u64,
    /// Commands that were handled, but for unsequenced ones.
    pub commands_handled: u64,
    /// Events skipped for subscribers that were frozen on purpose.
    pub skipped: u64,
}

/// Most examples that are kept.
const EXAMPLES: usize = 5;

impl Verdict {
    /// Counts a fault if there is one and keeps the first as examples.
    pub(super) fn blame(
        &mut self,
        count: u64,
        kind: fn(&mut Faults) -> &mut u64,
        words: impl FnOnce() -> String,
    ) {
        if count > 0 {
            *kind(&mut self.faults) += count;
            if self.examples.len() < EXAMPLES {
                self.examples.push(words());
            }
        }
    }

    /// Adds that of another history.
    pub fn add(&mut self, other: Self) {
        self.faults.add(other.faults);
        self.outcomes.add(other.outcomes);
        self.unsequenced.add(other.unsequenced);
        self.events_accepted += other.events_accepted;
        self.events_handled += other.events_handled;
        self.commands_begun += other.commands_begun;
        self.commands_handled += other.commands_handled;
        self.skipped += other.skipped;
        let left = EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(other.examples.into_iter().take(left));
    }
}
