//! Who has not been heard for too long.

use std::collections::BTreeMap;
use std::time::Duration;

use quibus::{Incarnation, PeerId};

use crate::command::{Condition, Transition};
use crate::failure_times::FailureTimes;

/// Turns silence into proposals. A plain function of what it is told and of the time that is
/// handed to it, counted from any moment that stays the same.
///
/// It proposes transitions only, never a write per heartbeat, and goes on proposing one until it
/// is told that it was committed.
#[derive(Debug, Clone)]
pub struct FailureDetector {
    times: FailureTimes,
    watched: BTreeMap<PeerId, Watched>,
    /// Until then nobody is declared down.
    held_until: Duration,
    /// When it looked last.
    looked: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Watched {
    incarnation: Incarnation,
    epoch: u64,
    /// Silence counts from here: when it was heard last, or, if it was taken over and not heard
    /// since, a moment that may still come.
    since: Duration,
    /// Whether it was heard since it is watched.
    heard: bool,
    /// What was committed.
    condition: Condition,
    /// When *down* was committed.
    down_since: Option<Duration>,
}

/// What a look around found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// To be proposed, all in one command.
    pub transitions: Vec<Transition>,
    /// Set while nobody is declared down.
    pub alarm: Option<Alarm>,
}

/// So many peers fell silent together that the fault is likelier the directory's own; nobody is
/// declared down until fewer are, and for `reattach_grace` more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{due} of {peers} peers would be declared down at once; the fault is likelier this server's \
     or its network's, so nobody is. Peers that are gone for good can be decommissioned"
)]
pub struct Alarm {
    /// Who would be declared down.
    pub due: usize,
    /// Out of how many.
    pub peers: usize,
}

impl FailureDetector {
    /// So few may go down together without an alarm.
    const HARMLESS: usize = 9;
    /// A detector that did not look for this long, at least, stood still. It looks four times a
    /// second.
    const STANDSTILL: Duration = Duration::from_secs(1);

    /// Watches over nobody yet.
    pub fn new(times: FailureTimes) -> Self {
        Self {
            times,
            watched: BTreeMap::new(),
            held_until: Duration::ZERO,
            looked: None,
        }
    }

    /// A run was attached by attachment `epoch`, and so was heard.
    pub fn watch(&mut self, peer: PeerId, incarnation: Incarnation, epoch: u64, now: Duration) {
        let watched = Watched {
            incarnation,
            epoch,
            since: now,
            heard: true,
            condition: Condition::Heard,
            down_since: None,
        };
        self.watched.insert(peer, watched);
    }

    /// Takes over a peer that another server, or a former run of this one, watched: it has
    /// `reattach_grace` to be heard.
    pub fn take_over(
        &mut self,
        peer: PeerId,
        incarnation: Incarnation,
        epoch: u64,
        condition: Condition,
        now: Duration,
    ) {
        let mut watched = Watched {
            incarnation,
            epoch,
            since: now,
            heard: false,
            condition,
            down_since: None,
        };
        watched.begin_anew(&self.times, now);
        self.watched.insert(peer, watched);
    }

    /// A run was heard. `false` if it is not watched: it has to attach, or to register again.
    pub fn heard(&mut self, peer: &PeerId, incarnation: Incarnation, now: Duration) -> bool {
        let watched = self.watched.get_mut(peer);
        let Some(watched) = watched.filter(|watched| watched.incarnation == incarnation) else {
            return false;
        };
        (watched.since, watched.heard) = (now, true);
        true
    }

    /// A peer is gone from the directory.
    pub fn forget(&mut self, peer: &PeerId) {
        self.watched.remove(peer);
    }

    /// Whether a peer has been heard lately.
    pub fn responds(&self, peer: &PeerId, now: Duration) -> bool {
        let watched = self.watched.get(peer);
        watched
            .is_some_and(|watched| watched.heard && watched.unheard(now) < self.times.silent_after)
    }

    /// Looks around. What it finds is found again until [`committed`](Self::committed) is told.
    pub fn look(&mut self, now: Duration) -> Verdict {
        let last = self.looked.replace(now).unwrap_or(now);
        if now.saturating_sub(last) >= Self::STANDSTILL.max(self.times.silent_after) {
            self.begin_anew(now);
        }
        let alarm = self.alarm(now);
        let due = self.watched.iter().filter_map(|(peer, watched)| {
            let to = watched.due(&self.times, now)?;
            Some(Transition {
                peer: peer.clone(),
                incarnation: watched.incarnation,
                epoch: watched.epoch,
                to,
            })
        });
        let held_back = |to| alarm.is_some() && to == Condition::Down;
        Verdict {
            transitions: due.filter(|found| !held_back(found.to)).collect(),
            alarm,
        }
    }

    /// These transitions were applied.
    pub fn committed(&mut self, transitions: &[Transition], now: Duration) {
        for transition in transitions {
            let Some(watched) = self.watched.get_mut(&transition.peer) else {
                continue;
            };
            if (watched.incarnation, watched.epoch) != (transition.incarnation, transition.epoch) {
                continue;
            }
            if transition.to == Condition::Removed {
                self.watched.remove(&transition.peer);
                continue;
            }
            watched.condition = transition.to;
            watched.down_since = (transition.to == Condition::Down).then_some(now);
        }
    }

    /// This server stood still, and who was not heard meanwhile may live: all links to it have
    /// broken, so everybody has the grace of a restart to be heard again.
    fn begin_anew(&mut self, now: Duration) {
        let times = self.times;
        let unheard = |watched: &&mut Watched| watched.unheard(now) >= times.silent_after;
        for watched in self.watched.values_mut().filter(unheard) {
            watched.begin_anew(&times, now);
        }
    }

    /// Heartbeats of one fault's victims end within a second of each other, so "at once" means
    /// within `silent_after`: those due by then, and those declared down since then. And its
    /// victims return one by one, so that the last of them need `reattach_grace` when they have
    /// become few.
    fn alarm(&mut self, now: Duration) -> Option<Alarm> {
        let window = self.times.silent_after;
        let deadline = self
            .times
            .silent_after
            .saturating_add(self.times.down_after);
        let (mut due, mut peers, mut overdue) = (0, 0, false);
        for watched in self.watched.values() {
            match watched.down_since {
                Some(since) if now.saturating_sub(since) >= window => continue,
                Some(_) => due += 1,
                None if watched.unheard(now).saturating_add(window) >= deadline => due += 1,
                None => {}
            }
            overdue |= watched.due(&self.times, now) == Some(Condition::Down);
            peers += 1;
        }
        if overdue && due > Self::HARMLESS && due * 3 > peers {
            self.held_until = now.saturating_add(self.times.reattach_grace);
        }
        (overdue && now < self.held_until).then_some(Alarm { due, peers })
    }
}

impl Watched {
    /// Nobody listened so far: it has `reattach_grace` to be heard.
    fn begin_anew(&mut self, times: &FailureTimes, now: Duration) {
        let grace = times.reattach_grace.saturating_sub(times.silent_after);
        (self.since, self.heard) = (now.saturating_add(grace), false);
        self.down_since = (self.condition == Condition::Down).then_some(now);
    }

    fn unheard(&self, now: Duration) -> Duration {
        now.saturating_sub(self.since)
    }

    /// What the time has come for.
    fn due(&self, times: &FailureTimes, now: Duration) -> Option<Condition> {
        let unheard = self.unheard(now);
        if unheard < times.silent_after {
            let heard_again = self.condition != Condition::Heard && self.heard;
            return heard_again.then_some(Condition::Heard);
        }
        match self.condition {
            Condition::Heard => Some(Condition::Silent),
            Condition::Silent => (unheard >= times.silent_after.saturating_add(times.down_after))
                .then_some(Condition::Down),
            Condition::Down | Condition::Removed => {
                let down = now.saturating_sub(self.down_since.unwrap_or(now));
                (down >= times.removed_after).then_some(Condition::Removed)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(250);

    fn peer(number: usize) -> PeerId {
        PeerId::new(&format!("Shop.{number}")).unwrap()
    }

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// A detector that watches so many peers since second 0.
    fn watching(peers: usize) -> FailureDetector {
        let mut detector = FailureDetector::new(FailureTimes::default());
        for number in 0..peers {
            detector.watch(peer(number), Incarnation(1), 7, at(0.0));
        }
        detector
    }

    /// Looks around four times a second and commits at once; tells what was found and when.
    fn run(
        detector: &mut FailureDetector,
        from: f64,
        to: f64,
        mut hear: impl FnMut(&mut FailureDetector, Duration),
    ) -> (Vec<(f64, Transition)>, bool) {
        let (mut found, mut alarmed) = (Vec::new(), false);
        let mut now = at(from);
        while now <= at(to) {
            hear(detector, now);
            let verdict = detector.look(now);
            detector.committed(&verdict.transitions, now);
            alarmed |= verdict.alarm.is_some();
            found.extend(
                verdict
                    .transitions
                    .into_iter()
                    .map(|found| (now.as_secs_f64(), found)),
            );
            now += TICK;
        }
        (found, alarmed)
    }

    fn nobody(_: &mut FailureDetector, _: Duration) {}

    fn conditions(found: &[(f64, Transition)]) -> Vec<(f64, Condition)> {
        found.iter().map(|(at, found)| (*at, found.to)).collect()
    }

    #[test]
    fn an_unheard_peer_is_silent_then_down_then_removed_each_proposed_once_committed() {
        let mut detector = watching(1);
        let (found, alarmed) = run(&mut detector, 0.0, 700.0, nobody);
        let steps = [
            (3.0, Condition::Silent),
            (33.0, Condition::Down),
            (633.0, Condition::Removed),
        ];
        assert_eq!(conditions(&found), steps);
        assert!(
            found
                .iter()
                .all(|(_, found)| (found.incarnation, found.epoch) == (Incarnation(1), 7))
        );
        assert!(!alarmed);
        assert!(!detector.heard(&peer(0), Incarnation(1), at(700.0)));
    }

    #[test]
    fn a_peer_heard_every_second_is_never_proposed_and_one_heard_again_comes_back() {
        let mut detector = watching(1);
        let mut beats = |detector: &mut FailureDetector, now: Duration| {
            let pause = at(100.0)..at(150.0);
            if now.subsec_millis() == 0 && !pause.contains(&now) {
                assert!(detector.heard(&peer(0), Incarnation(1), now));
            }
        };
        let (found, _) = run(&mut detector, 0.0, 300.0, &mut beats);
        let steps = [
            (102.0, Condition::Silent),
            (132.0, Condition::Down),
            (150.0, Condition::Heard),
        ];
        assert_eq!(conditions(&found), steps);
    }

    #[test]
    fn a_proposal_is_repeated_until_it_is_committed_and_a_late_commitment_counts_for_nothing() {
        let mut detector = watching(1);
        let first = detector.look(at(3.0)).transitions;
        assert_eq!(detector.look(at(3.25)).transitions, first);
        detector.watch(peer(0), Incarnation(1), 8, at(3.5));
        detector.committed(&first, at(3.5));
        assert_eq!(detector.look(at(4.0)), Verdict::default());
        assert!(detector.responds(&peer(0), at(4.0)));
        assert!(!detector.responds(&peer(0), at(6.5)));
    }

    #[test]
    fn after_the_server_stood_still_everybody_has_a_grace_and_who_is_dead_goes_down_after_it() {
        let mut detector = watching(9);
        run(&mut detector, 0.0, 20.0, all_but(0, 9, 0.0, 0.0));
        let (found, alarmed) = run(&mut detector, 60.0, 120.0, all_but(1, 9, 0.0, 500.0));
        assert_eq!(
            conditions(&found),
            [(70.0, Condition::Silent), (100.0, Condition::Down)]
        );
        assert!(found.iter().all(|(_, found)| found.peer == peer(0)));
        assert!(!alarmed);

        // Links need some seconds until they are back.
        let mut later = watching(9);
        run(&mut later, 0.0, 20.0, all_but(0, 9, 0.0, 0.0));
        let (found, _) = run(&mut later, 60.0, 120.0, all_but(9, 9, 0.0, 69.0));
        assert_eq!(conditions(&found), []);
    }

    #[test]
    fn another_run_of_a_peer_does_not_count_as_heard() {
        let mut detector = watching(1);
        assert!(!detector.heard(&peer(0), Incarnation(2), at(2.0)));
        assert!(!detector.heard(&peer(1), Incarnation(1), at(2.0)));
        assert_eq!(detector.look(at(3.0)).transitions.len(), 1);
    }

    #[test]
    fn whom_a_detector_takes_over_has_a_grace_and_is_not_taken_for_heard_by_it() {
        let mut detector = FailureDetector::new(FailureTimes::default());
        let conditions_before = [Condition::Heard, Condition::Silent, Condition::Down];
        for (number, condition) in (0..).zip(conditions_before) {
            detector.take_over(peer(number), Incarnation(1), 7, condition, at(100.0));
        }
        let (found, _) = run(&mut detector, 100.0, 300.0, nobody);
        let expected = [(110.0, Condition::Silent), (140.0, Condition::Down)];
        let of = |number| {
            let of_peer = found.iter().filter(|(_, found)| found.peer == peer(number));
            conditions(&of_peer.cloned().collect::<Vec<_>>())
        };
        assert_eq!(of(0), expected);
        assert_eq!(of(1), expected[1..]);
        assert_eq!(of(2), []);
        assert!(!detector.responds(&peer(2), at(100.0)));
    }

    /// Everybody's heartbeats, spread over the second, until `end` for the first `victims`.
    fn all_but(
        victims: usize,
        peers: usize,
        end: f64,
        again: f64,
    ) -> impl FnMut(&mut FailureDetector, Duration) {
        move |detector, now| {
            let gone = at(end)..at(again);
            for number in 0..peers {
                let its_turn = now.subsec_millis() as usize / 250 == number % 4;
                if its_turn && !(number < victims && gone.contains(&now)) {
                    detector.heard(&peer(number), Incarnation(1), now);
                }
            }
        }
    }

    #[test]
    fn when_more_than_a_third_fall_silent_together_nobody_is_declared_down_until_they_return() {
        let mut detector = watching(100);
        let (found, alarmed) = run(&mut detector, 0.0, 120.0, all_but(34, 100, 20.0, 90.0));
        let count = |to| found.iter().filter(|(_, found)| found.to == to).count();
        assert!(alarmed);
        assert_eq!(count(Condition::Silent), 34);
        assert_eq!(count(Condition::Down), 0);
        assert_eq!(count(Condition::Heard), 34);
        assert_eq!(detector.look(at(120.0)), Verdict::default());
    }

    #[test]
    fn those_who_do_not_return_with_the_others_are_declared_down_after_a_grace() {
        let mut detector = watching(30);
        let mut some_return = all_but(10, 30, 20.0, 90.0);
        let (found, _) = run(&mut detector, 0.0, 80.0, all_but(12, 30, 20.0, 90.0));
        assert!(found.iter().all(|(_, found)| found.to == Condition::Silent));
        let (found, alarmed) = run(&mut detector, 80.0, 89.0, |detector, now| {
            for number in 10..12 {
                detector.heard(&peer(number), Incarnation(1), now);
            }
            some_return(detector, now);
        });
        assert!(alarmed);
        assert!(found.iter().all(|(_, found)| found.to == Condition::Heard));
        let (found, _) = run(&mut detector, 89.25, 91.0, |_, _| {});
        let down: Vec<_> = found
            .iter()
            .filter(|(_, found)| found.to == Condition::Down)
            .collect();
        assert_eq!(down.len(), 10, "{down:?}");
    }

    #[test]
    fn a_third_or_fewer_than_ten_are_declared_down_without_an_alarm() {
        for (victims, peers) in [(33, 100), (9, 9), (9, 10)] {
            let mut detector = watching(peers);
            let (found, alarmed) = run(
                &mut detector,
                0.0,
                60.0,
                all_but(victims, peers, 20.0, 90.0),
            );
            let down = found
                .iter()
                .filter(|(_, found)| found.to == Condition::Down);
            assert_eq!(
                (down.count(), alarmed),
                (victims, false),
                "{victims} of {peers}"
            );
        }
    }

    #[test]
    fn peers_that_die_one_after_the_other_are_not_held_back() {
        let mut detector = watching(30);
        let (found, alarmed) = run(&mut detector, 0.0, 200.0, |detector, now| {
            let alive_from = (now.as_secs() / 5) as usize;
            for number in alive_from..30 {
                detector.heard(&peer(number), Incarnation(1), now);
            }
        });
        let down = found
            .iter()
            .filter(|(_, found)| found.to == Condition::Down);
        assert_eq!((down.count(), alarmed), (30, false));
    }
}
