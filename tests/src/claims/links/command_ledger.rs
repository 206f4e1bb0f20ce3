//! The commands of one direction: how often each was handled, and what its sender was told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use quibus::SendError;

use super::contract::Added;
use super::ledger::{Faults, Run};

/// What became of each command.
#[derive(Debug, Default)]
pub(super) struct CommandLedger {
    begun: AtomicU64,
    /// By run of the sender.
    runs: Mutex<BTreeMap<Run, Vec<Command>>>,
}

#[derive(Debug, Clone, Default)]
struct Command {
    handled: u64,
    told: Option<Told>,
}

/// What a sender was told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Replied,
    /// The receiver restarted. `handled`: it may have been.
    Lost {
        may_be_handled: bool,
    },
    /// What no sender should hear in this trial.
    Wrong(String),
}

/// How many commands ended in which way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    pub(super) replied: u64,
    pub(super) lost: u64,
    /// The sender died and heard nothing.
    pub(super) orphaned: u64,
    /// The first outcome that was wrong.
    pub(super) first_wrong: Option<String>,
}

impl Outcomes {
    pub(super) fn add(&mut self, other: Self) {
        self.replied += other.replied;
        self.lost += other.lost;
        self.orphaned += other.orphaned;
        self.first_wrong = self.first_wrong.take().or(other.first_wrong);
    }
}

impl CommandLedger {
    /// A run begins to send one more command; its number.
    pub(super) fn begin(&self, sender: Run) -> u64 {
        self.begun.fetch_add(1, Ordering::Relaxed);
        let mut runs = self.lock();
        let commands = runs.entry(sender).or_default();
        commands.push(Command::default());
        commands.len() as u64 - 1
    }

    /// Over all runs.
    pub(super) fn begun_in_all(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// A handler has this command.
    pub(super) fn handled(&self, sender: Run, number: u64) {
        self.change(sender, number, |command| command.handled += 1);
    }

    /// The sender was told. `restarts` is how often the receiver restarted since it began to send.
    pub(super) fn ended(
        &self,
        sender: Run,
        number: u64,
        outcome: Result<Added, SendError>,
        restarts: u64,
    ) {
        let told = match outcome {
            Ok(added) if added.number == number + 1 => Told::Replied,
            Ok(added) => Told::Wrong(format!("{} for {number}", added.number)),
            Err(SendError::PeerLost { sent, .. }) if restarts > 0 => Told::Lost {
                may_be_handled: sent,
            },
            Err(error) => Told::Wrong(format!("{error:?} after {restarts} restarts")),
        };
        self.change(sender, number, |command| command.told = Some(told));
    }

    /// Sends of this run that wait for their outcome.
    pub(super) fn outstanding(&self, sender: Run) -> u64 {
        let runs = self.lock();
        let commands = runs.get(&sender).into_iter().flatten();
        commands.filter(|command| command.told.is_none()).count() as u64
    }

    /// What is wrong, now that all that was begun has ended. `last` is the run of the sender that
    /// is still alive.
    pub(super) fn faults(&self, last: Run) -> (Faults, Outcomes) {
        let (mut faults, mut outcomes) = (Faults::default(), Outcomes::default());
        for (run, commands) in self.lock().iter() {
            for command in commands {
                faults.doubled += command.handled.saturating_sub(1);
                let wrong = match &command.told {
                    None if *run == last => {
                        faults.without_outcome += 1;
                        continue;
                    }
                    None => {
                        outcomes.orphaned += 1;
                        continue;
                    }
                    Some(Told::Replied) => {
                        outcomes.replied += 1;
                        (command.handled == 0).then(|| "a reply, never handled".to_owned())
                    }
                    Some(Told::Lost { may_be_handled }) => {
                        outcomes.lost += 1;
                        let denied = !may_be_handled && command.handled > 0;
                        denied.then(|| "not handled, though it was".to_owned())
                    }
                    Some(Told::Wrong(text)) => Some(text.clone()),
                };
                if let Some(wrong) = wrong {
                    faults.wrong_outcome += 1;
                    outcomes.first_wrong.get_or_insert(wrong);
                }
            }
        }
        (faults, outcomes)
    }

    fn change(&self, sender: Run, number: u64, change: impl FnOnce(&mut Command)) {
        let mut runs = self.lock();
        let command = runs
            .get_mut(&sender)
            .and_then(|commands| commands.get_mut(usize::try_from(number).ok()?));
        if let Some(command) = command {
            change(command);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Run, Vec<Command>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Run = Run(1);

    fn lost(sent: bool) -> Result<Added, SendError> {
        let peer = "B.0".parse().unwrap();
        Err(SendError::PeerLost { peer, sent })
    }

    fn one(handled: u64, outcome: Option<(Result<Added, SendError>, u64)>) -> Faults {
        let ledger = CommandLedger::default();
        let number = ledger.begin(A);
        (0..handled).for_each(|_| ledger.handled(A, number));
        if let Some((outcome, restarts)) = outcome {
            ledger.ended(A, number, outcome, restarts);
        }
        ledger.faults(A).0
    }

    #[test]
    fn an_outcome_has_to_be_true() {
        let fine = Faults::default();
        let wrong = Faults {
            wrong_outcome: 1,
            ..fine
        };
        assert_eq!(one(1, Some((Ok(Added { number: 1 }), 0))), fine);
        assert_eq!(one(1, Some((Ok(Added { number: 2 }), 0))), wrong);
        assert_eq!(one(0, Some((Ok(Added { number: 1 }), 0))), wrong);
        assert_eq!(one(0, Some((lost(false), 1))), fine);
        assert_eq!(one(1, Some((lost(true), 1))), fine);
        assert_eq!(one(1, Some((lost(false), 1))), wrong);
        assert_eq!(one(1, Some((lost(true), 0))), wrong);
        assert_eq!(
            one(0, Some((Err(SendError::TimedOut { sent: true }), 1))),
            wrong
        );
        assert_eq!(one(1, None).without_outcome, 1);
        assert_eq!(one(2, Some((Ok(Added { number: 1 }), 0))).doubled, 1);
    }

    #[test]
    fn a_sender_that_died_is_owed_no_outcome() {
        let ledger = CommandLedger::default();
        ledger.begin(A);
        ledger.begin(Run(2));
        let (faults, outcomes) = ledger.faults(Run(2));
        assert_eq!((faults.without_outcome, outcomes.orphaned), (1, 1));
    }
}
