//! The numbered events of one direction: accepted by runs of the sender, handled by runs of the
//! receiver.
//!
//! What a run of the receiver handles of a run of the sender has to be one piece without a hole: a
//! session delivers exactly once and in order. The first session of a sender's run begins with its
//! first event. A session that ends because the receiver has restarted may leave a hole behind it,
//! whose events were not acknowledged or had not been handled; but what was accepted after the
//! sender had been told of the new run belongs to it. The last session delivers everything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ledger::{Faults, Run};

/// What was accepted and what was handled.
#[derive(Debug, Default)]
pub(super) struct EventLedger {
    accepted: AtomicU64,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    /// Of each run of the sender.
    sent: BTreeMap<Run, Sent>,
    /// By run of the sender and run of the receiver.
    sessions: BTreeMap<(Run, Run), Session>,
    doubled: u64,
    out_of_order: u64,
    missed: u64,
}

#[derive(Debug, Default)]
struct Sent {
    begun: u64,
    accepted: u64,
    /// How many were begun when it had been told of this run of the receiver.
    told: BTreeMap<Run, u64>,
}

#[derive(Debug)]
struct Session {
    first: u64,
    next: u64,
    /// Numbers between the two that have not come.
    holes: BTreeSet<u64>,
}

impl EventLedger {
    /// A run of the sender begins, or learns of a new run of the receiver.
    pub(super) fn told(&self, sender: Run, receiver: Run) {
        let mut book = self.lock();
        let sent = book.sent.entry(sender).or_default();
        let begun = sent.begun;
        sent.told.entry(receiver).or_insert(begun);
    }

    /// A run begins to publish one more event; its number.
    pub(super) fn begin(&self, sender: Run) -> u64 {
        let mut book = self.lock();
        let sent = book.sent.entry(sender).or_default();
        sent.begun += 1;
        sent.begun - 1
    }

    /// The bus has accepted the event, or `missed` it.
    pub(super) fn accepted(&self, sender: Run, missed: bool) {
        let mut book = self.lock();
        book.sent.entry(sender).or_default().accepted += 1;
        book.missed += u64::from(missed);
        drop(book);
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// Over all runs.
    pub(super) fn accepted_in_all(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// A handler has this event.
    pub(super) fn handled(&self, sender: Run, receiver: Run, number: u64) {
        let book = &mut *self.lock();
        let session = book.sessions.entry((sender, receiver)).or_insert(Session {
            first: number,
            next: number,
            holes: BTreeSet::new(),
        });
        if number >= session.next {
            session.holes.extend(session.next..number);
            session.next = number + 1;
        } else if session.holes.remove(&number) {
            book.out_of_order += 1;
        } else if number < session.first {
            session.holes.extend(number + 1..session.first);
            session.first = number;
            book.out_of_order += 1;
        } else {
            book.doubled += 1;
        }
    }

    /// How many events the last run of the sender has still to see handled by the last run of the
    /// receiver.
    pub(super) fn outstanding(&self, sender: Run, receiver: Run) -> u64 {
        let book = self.lock();
        let accepted = book.sent.get(&sender).map_or(0, |sent| sent.accepted);
        let next = match book.sessions.get(&(sender, receiver)) {
            Some(session) => session.next,
            // Nothing has come yet; nothing has to if nothing was accepted for this session.
            None => book.told_or_none(sender, receiver),
        };
        accepted.saturating_sub(next)
    }

    /// How many events were handled.
    pub(super) fn handled_in_all(&self) -> u64 {
        let book = self.lock();
        let sessions = book.sessions.values();
        sessions
            .map(|session| session.next - session.first - session.holes.len() as u64)
            .sum()
    }

    /// What is wrong, now that everything has come that will. `last` are the runs of the sender
    /// and of the receiver that are still alive.
    pub(super) fn faults(&self, last: (Run, Run)) -> Faults {
        let book = self.lock();
        let mut faults = Faults {
            doubled: book.doubled,
            out_of_order: book.out_of_order,
            missed: book.missed,
            ..Faults::default()
        };
        for (sender, sent) in &book.sent {
            // Below this number everything has been accounted for.
            let mut settled = 0;
            for (at, receiver) in sent.told.keys().enumerate() {
                let told = sent.told.get(receiver).copied().unwrap_or(0);
                let may_begin = if at == 0 { 0 } else { told.max(settled) };
                if let Some(session) = book.sessions.get(&(*sender, *receiver)) {
                    faults.lost += session.holes.len() as u64;
                    faults.lost += session.first.saturating_sub(may_begin);
                    faults.doubled += settled.saturating_sub(session.first);
                    settled = settled.max(session.next);
                }
                if (*sender, *receiver) == last {
                    let begun = book.sessions.contains_key(&last);
                    let from = if begun { settled } else { may_begin };
                    faults.lost += sent.accepted.saturating_sub(from);
                }
            }
        }
        faults
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn told_or_none(&self, sender: Run, receiver: Run) -> u64 {
        let sent = self.sent.get(&sender);
        sent.and_then(|sent| sent.told.get(&receiver).copied())
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Run = Run(1);

    fn publish(ledger: &EventLedger, count: u64) {
        for _ in 0..count {
            ledger.begin(A);
            ledger.accepted(A, false);
        }
    }

    /// Accepts five events and handles these.
    fn handled(numbers: &[u64]) -> Faults {
        let ledger = EventLedger::default();
        ledger.told(A, A);
        publish(&ledger, 5);
        numbers.iter().for_each(|n| ledger.handled(A, A, *n));
        ledger.faults((A, A))
    }

    #[test]
    fn every_kind_of_fault_is_told_apart() {
        let faults = |lost, doubled, out_of_order| Faults {
            lost,
            doubled,
            out_of_order,
            ..Faults::default()
        };
        assert_eq!(handled(&[0, 1, 2, 3, 4]), faults(0, 0, 0));
        assert_eq!(handled(&[0, 1, 3, 4]), faults(1, 0, 0));
        assert_eq!(handled(&[1, 2, 3, 4]), faults(1, 0, 0));
        assert_eq!(handled(&[0, 1, 2]), faults(2, 0, 0));
        assert_eq!(handled(&[]), faults(5, 0, 0));
        assert_eq!(handled(&[0, 1, 1, 2, 3, 4]), faults(0, 1, 0));
        assert_eq!(handled(&[0, 2, 1, 3, 4]), faults(0, 0, 1));
        assert_eq!(handled(&[1, 0, 2, 3, 4]), faults(0, 0, 1));
        assert_eq!(handled(&[0, 0, 2, 3, 4]), faults(1, 1, 0));
    }

    #[test]
    fn a_restarted_receiver_may_lack_what_the_one_before_had_not_acknowledged() {
        let restarted = |second: &[u64]| {
            let ledger = EventLedger::default();
            ledger.told(A, A);
            publish(&ledger, 6);
            (0..3).for_each(|n| ledger.handled(A, A, n));
            ledger.told(A, Run(2));
            publish(&ledger, 4);
            second.iter().for_each(|n| ledger.handled(A, Run(2), *n));
            ledger.faults((A, Run(2)))
        };
        for fine in [&[6, 7, 8, 9][..], &[5, 6, 7, 8, 9], &[3, 4, 5, 6, 7, 8, 9]] {
            assert_eq!(restarted(fine), Faults::default(), "{fine:?}");
        }
        assert_eq!(restarted(&[7, 8, 9]).lost, 1, "accepted for the new run");
        assert_eq!(restarted(&[6, 7, 9]).lost, 1, "a hole in a session");
        assert_eq!(restarted(&[6, 7, 8]).lost, 1, "the last session ends early");
        assert_eq!(restarted(&[]).lost, 4);
        assert_eq!(restarted(&[2, 3, 4, 5, 6, 7, 8, 9]).doubled, 1, "replayed");
    }

    #[test]
    fn a_sender_that_died_owes_nothing_but_order() {
        let ledger = EventLedger::default();
        ledger.told(A, A);
        publish(&ledger, 5);
        [0, 1].iter().for_each(|n| ledger.handled(A, A, *n));
        ledger.told(Run(2), A);
        ledger.accepted(Run(2), true);
        ledger.handled(Run(2), A, 0);
        let faults = ledger.faults((Run(2), A));
        assert_eq!((faults.lost, faults.missed), (0, 1));
        assert_eq!(ledger.outstanding(Run(2), A), 0);
        assert_eq!(ledger.handled_in_all(), 3);
    }
}
