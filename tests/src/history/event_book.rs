//! The numbered events of one stream: accepted by one run of the sender, handled by runs of the
//! receiver.
//!
//! The first session begins with the first event. A session that ends because the receiver has
//! died may leave a hole behind it, whose events were not acknowledged or had not been handled;
//! but what was accepted after the sender had been told of the new run belongs to that. The last
//! session delivers everything, and so does one that ends in a clean stop.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::{Run, Stream};
use super::lives::{Lives, Moment};
use super::verdict::Verdict;

/// What was accepted and what was handled.
#[derive(Debug, Default)]
pub(super) struct EventBook {
    begun: u64,
    accepted: u64,
    /// When the last one was begun.
    since: Moment,
    /// How many were begun when the sender heard of this run of the receiver.
    told: BTreeMap<u64, u64>,
    /// By run of the receiver.
    sessions: BTreeMap<u64, Session>,
    /// Numbers of events that were skipped.
    missed: BTreeSet<u64>,
    skipped_on_purpose: u64,
    doubled: u64,
    out_of_order: u64,
}

#[derive(Debug)]
struct Session {
    first: u64,
    next: u64,
    /// Numbers between the two that have not come.
    holes: BTreeSet<u64>,
}

impl EventBook {
    /// The sender knows of this run of the receiver.
    pub(super) fn told(&mut self, receiver: u64) {
        self.told.entry(receiver).or_insert(self.begun);
    }

    pub(super) fn begin(&mut self, now: Moment) -> u64 {
        self.since = now;
        self.begun += 1;
        self.begun - 1
    }

    pub(super) fn accepted(&mut self) {
        self.accepted += 1;
    }

    pub(super) fn withdrawn(&mut self) {
        self.begun -= 1;
    }

    /// The last one was skipped.
    pub(super) fn missed(&mut self, to: u8, lives: &Lives) {
        self.missed.insert(self.accepted);
        self.accepted += 1;
        self.skipped_on_purpose += u64::from(lives.was_frozen_since(to, self.since));
    }

    pub(super) fn handled(&mut self, receiver: u64, number: u64) {
        let session = self.sessions.entry(receiver).or_insert(Session {
            first: number,
            next: number,
            holes: BTreeSet::new(),
        });
        if number >= session.next {
            session.holes.extend(session.next..number);
            session.next = number + 1;
        } else if session.holes.remove(&number) {
            self.out_of_order += 1;
        } else if number < session.first {
            session.holes.extend(number + 1..session.first);
            session.first = number;
            self.out_of_order += 1;
        } else {
            self.doubled += 1;
        }
    }

    /// How many have still to be handled by this run of the receiver.
    pub(super) fn outstanding(&self, receiver: u64) -> u64 {
        let next = match self.sessions.get(&receiver) {
            Some(session) => session.next,
            // Nothing has come yet; nothing has to if nothing was accepted for this session.
            None => self.told.get(&receiver).copied().unwrap_or(0),
        };
        self.owed(next)
    }

    /// How many were handled.
    pub(super) fn handled_in_all(&self) -> u64 {
        let sessions = self.sessions.values();
        sessions
            .map(|session| session.next - session.first - session.holes.len() as u64)
            .sum()
    }

    pub(super) fn accepted_in_all(&self) -> u64 {
        self.accepted
    }

    /// Adds what is wrong, now that everything has come that will.
    pub(super) fn settle(&self, stream: Stream, lives: &Lives, verdict: &mut Verdict) {
        verdict.events_accepted += self.accepted;
        verdict.events_handled += self.handled_in_all();
        verdict.skipped += self.skipped_on_purpose;
        let skipped = self.missed.len() as u64;
        let not_frozen = skipped - self.skipped_on_purpose;
        let words = |what: &str| format!("{what}: {stream:?}");
        verdict.blame(self.doubled, |f| &mut f.doubled, || words("event twice"));
        verdict.blame(
            self.out_of_order,
            |f| &mut f.out_of_order,
            || words("event late"),
        );
        verdict.blame(not_frozen, |f| &mut f.missed, || words("event missed"));
        let (lost, replayed) = self.gaps(stream, lives);
        verdict.blame(lost, |f| &mut f.lost, || words("event lost"));
        verdict.blame(replayed, |f| &mut f.doubled, || words("event replayed"));
    }

    /// How many events were lost, and how many were handled by two runs.
    fn gaps(&self, stream: Stream, lives: &Lives) -> (u64, u64) {
        let (mut lost, mut replayed) = (0, 0);
        // Below this number everything has been accounted for.
        let mut settled = 0;
        // Whether what the run before has not handled may be missing.
        let mut forgiven = false;
        for (receiver, told) in &self.told {
            if let Some(session) = self.sessions.get(receiver) {
                lost += self.not_missed(session.holes.iter().copied());
                let owed_from = if forgiven {
                    settled.max(*told)
                } else {
                    settled
                };
                lost += self.not_missed(owed_from..session.first);
                replayed += settled.saturating_sub(session.first);
                settled = settled.max(session.next);
            } else if forgiven {
                settled = settled.max(*told);
            }
            forgiven = lives.died(Run {
                peer: stream.to,
                number: *receiver,
            });
        }
        if !forgiven && !lives.died(stream.from) {
            lost += self.owed(settled);
        }
        (lost, replayed)
    }

    fn owed(&self, from: u64) -> u64 {
        self.not_missed(from..self.accepted)
    }

    fn not_missed(&self, numbers: impl Iterator<Item = u64>) -> u64 {
        numbers
            .filter(|number| !self.missed.contains(number))
            .count() as u64
    }
}
