//! Every kind of fault, planted and found.

use super::*;

const SENDER: Run = Run { peer: 0, number: 1 };
const RECEIVER: u8 = 1;
const STREAM: Stream = Stream {
    from: SENDER,
    to: RECEIVER,
    lane: 0,
};

fn receiver(number: u64) -> Run {
    Run {
        peer: RECEIVER,
        number,
    }
}

/// The two know each other, and so many events are accepted.
fn published(count: u64) -> Vec<Entry> {
    let mut history = vec![
        Entry::Begins(SENDER),
        Entry::Begins(receiver(1)),
        Entry::Knows(SENDER, receiver(1)),
    ];
    history.extend(events(count));
    history
}

fn events(count: u64) -> impl Iterator<Item = Entry> {
    (0..count).flat_map(|_| [Entry::Publishing(STREAM), Entry::Published(STREAM)])
}

fn handled(by: u64, numbers: &[u64]) -> impl Iterator<Item = Entry> {
    numbers.iter().map(move |number| Entry::EventHandled {
        stream: STREAM,
        by,
        number: *number,
    })
}

/// How the receiver's first run ends and its second begins.
fn restarted(end: &[Entry]) -> Vec<Entry> {
    let mut history = end.to_vec();
    history.push(Entry::Begins(receiver(2)));
    history.push(Entry::Knows(SENDER, receiver(2)));
    history.push(Entry::Known(RECEIVER));
    history
}

fn faults(lost: u64, doubled: u64, out_of_order: u64) -> Faults {
    Faults {
        lost,
        doubled,
        out_of_order,
        ..Faults::default()
    }
}

#[test]
fn an_event_that_is_lost_doubled_or_late_is_told_apart() {
    let of = |numbers: &[u64]| {
        let mut history = published(5);
        history.extend(handled(1, numbers));
        judge(&history).faults
    };
    assert_eq!(of(&[0, 1, 2, 3, 4]), faults(0, 0, 0));
    assert_eq!(of(&[0, 1, 3, 4]), faults(1, 0, 0));
    assert_eq!(of(&[1, 2, 3, 4]), faults(1, 0, 0));
    assert_eq!(of(&[0, 1, 2]), faults(2, 0, 0));
    assert_eq!(of(&[]), faults(5, 0, 0));
    assert_eq!(of(&[0, 1, 1, 2, 3, 4]), faults(0, 1, 0));
    assert_eq!(of(&[0, 2, 1, 3, 4]), faults(0, 0, 1));
    assert_eq!(of(&[1, 0, 2, 3, 4]), faults(0, 0, 1));
    assert_eq!(of(&[0, 0, 2, 3, 4]), faults(1, 1, 0));
}

/// Three of six are handled, the receiver's run ends, four more are accepted for the next.
fn over_a_restart(end: &[Entry], second: &[u64]) -> Faults {
    let mut history = published(6);
    history.extend(handled(1, &[0, 1, 2]));
    history.extend(restarted(end));
    history.extend(events(4));
    history.extend(handled(2, second));
    judge(&history).faults
}

#[test]
fn a_restarted_receiver_may_lack_what_the_one_before_had_not_acknowledged() {
    let of = |second: &[u64]| over_a_restart(&[Entry::Dies(RECEIVER)], second);
    for fine in [&[6, 7, 8, 9][..], &[5, 6, 7, 8, 9], &[3, 4, 5, 6, 7, 8, 9]] {
        assert_eq!(of(fine), Faults::default(), "{fine:?}");
    }
    assert_eq!(of(&[7, 8, 9]).lost, 1, "accepted for the new run");
    assert_eq!(of(&[6, 7, 9]).lost, 1, "a hole in a session");
    assert_eq!(of(&[6, 7, 8]).lost, 1, "the last session ends early");
    assert_eq!(of(&[]).lost, 4);
    assert_eq!(of(&[2, 3, 4, 5, 6, 7, 8, 9]).doubled, 1, "replayed");
}

#[test]
fn a_clean_stop_leaves_nothing_behind_and_one_that_was_cut_short_may() {
    let stop = |clean| {
        let peer = RECEIVER;
        [Entry::Stops(peer), Entry::Stopped { peer, clean }]
    };
    assert_eq!(over_a_restart(&stop(true), &[6, 7, 8, 9]).lost, 3);
    assert_eq!(over_a_restart(&stop(false), &[6, 7, 8, 9]).lost, 0);
}

#[test]
fn a_sender_that_died_owes_nothing_but_order() {
    let mut history = published(5);
    history.extend(handled(1, &[0, 1]));
    history.push(Entry::Dies(SENDER.peer));
    assert_eq!(judge(&history).faults, Faults::default());
    history.extend(handled(1, &[1]));
    assert_eq!(judge(&history).faults, faults(0, 1, 0));
}

#[test]
fn only_a_frozen_subscriber_may_miss_an_event_and_what_is_withdrawn_is_not_owed() {
    let of = |frozen: bool| {
        let mut history = published(1);
        if frozen {
            history.push(Entry::Freezes(RECEIVER));
        }
        history.extend([Entry::Publishing(STREAM), Entry::Missed(STREAM)]);
        history.push(Entry::Thaws(RECEIVER));
        history.extend([Entry::Publishing(STREAM), Entry::Withdrawn(STREAM)]);
        history.extend(events(1));
        history.extend(handled(1, &[0, 2]));
        judge(&history)
    };
    assert_eq!((of(true).faults, of(true).skipped), (Faults::default(), 1));
    assert_eq!((of(false).faults.missed, of(false).skipped), (1, 0));
    assert_eq!(of(false).faults.lost, 0);
}

fn sending(manner: Manner, hasty: bool) -> Entry {
    Entry::Sending {
        stream: STREAM,
        manner,
        hasty,
    }
}

/// One command: what happens before its outcome, and the outcome.
fn command(hasty: bool, before: &[Entry], told: Option<Told>, after: &[Entry]) -> Faults {
    judge(&ended(Manner::AtOnce, hasty, before, told, after)).faults
}

fn ended(
    manner: Manner,
    hasty: bool,
    before: &[Entry],
    told: Option<Told>,
    after: &[Entry],
) -> Vec<Entry> {
    let mut history = published(0);
    let stream = STREAM;
    history.push(sending(manner, hasty));
    history.extend_from_slice(before);
    let number = 0;
    history.extend(told.map(|told| Entry::Ended {
        stream,
        number,
        told,
    }));
    history.extend_from_slice(after);
    history
}

const HANDLED: Entry = Entry::CommandHandled {
    stream: STREAM,
    by: 1,
    number: 0,
};

/// Six commands, handled so by runs of the receiver: runs, and the numbers that each handles.
fn commands(manner: Manner, handled: &[(u64, &[u64])]) -> Faults {
    let mut history = published(0);
    history.extend((0..6).map(|_| sending(manner, false)));
    for (run, numbers) in handled {
        if *run > 1 {
            history.extend(restarted(&[Entry::Dies(RECEIVER)]));
        }
        history.extend(numbers.iter().map(|number| Entry::CommandHandled {
            stream: STREAM,
            by: *run,
            number: *number,
        }));
    }
    // Who is owed no outcome.
    history.push(Entry::Dies(SENDER.peer));
    judge(&history).faults
}

#[test]
fn a_command_that_one_behind_it_overtook_is_late_and_one_that_never_comes_is_not() {
    let of = |numbers| commands(Manner::InOrder, &[(1, numbers)]);
    assert_eq!(of(&[0, 1, 2, 3, 4, 5]), faults(0, 0, 0));
    assert_eq!(of(&[0, 2, 5]), faults(0, 0, 0), "its outcome says so");
    assert_eq!(of(&[0, 2, 1, 3, 4, 5]), faults(0, 0, 1));
    assert_eq!(of(&[1, 0, 2, 3, 4, 5]), faults(0, 0, 1));
    assert_eq!(of(&[2, 3, 0, 1, 4, 5]), faults(0, 0, 2));
    assert_eq!(of(&[0, 1, 1, 2, 3]), faults(0, 1, 0));
    let of = |first, second| commands(Manner::InOrder, &[(1, first), (2, second)]);
    assert_eq!(of(&[0, 1], &[2, 3]), faults(0, 0, 0));
    assert_eq!(of(&[0, 1], &[4, 3]), faults(0, 0, 1));
    assert_eq!(of(&[0, 2], &[1, 3]), faults(0, 0, 1), "over a restart");
    assert_eq!(of(&[0, 2], &[2, 3]), faults(0, 1, 0), "replayed");
}

#[test]
fn of_commands_that_are_handled_at_once_none_is_called_late() {
    for manner in [Manner::AtOnce, Manner::Unsequenced] {
        let of = |numbers| commands(manner, &[(1, numbers)]);
        assert_eq!(of(&[1, 0, 5, 4, 3, 2]), faults(0, 0, 0));
        assert_eq!(of(&[1, 0, 5, 0]), faults(0, 1, 0));
    }
}

#[test]
fn an_unsequenced_command_may_be_lost_at_any_time_if_its_outcome_says_so_and_is_true() {
    let of = |before: &[Entry], told, after: &[Entry]| {
        judge(&ended(Manner::Unsequenced, false, before, told, after)).faults
    };
    let lost = |sent| Some(Told::LinkLost { sent });
    let fine = Faults::default();
    assert_eq!(of(&[], lost(true), &[]), fine);
    assert_eq!(of(&[HANDLED], lost(true), &[]), fine);
    assert_eq!(of(&[], lost(true), &[HANDLED]), fine);
    assert_eq!(of(&[HANDLED], Some(Told::Replied), &[]), fine);
    assert_eq!(of(&[], Some(Told::Replied), &[]).untrue_outcome, 1);
    for not_handled in [lost(false), Some(Told::NotNow)] {
        let of = |before: &[Entry], after: &[Entry]| of(before, not_handled.clone(), after);
        assert_eq!(of(&[], &[]), fine);
        assert_eq!(of(&[HANDLED], &[]).untrue_outcome, 1);
        assert_eq!(of(&[], &[HANDLED]).untrue_outcome, 1, "handled later");
    }
    let timed_out = |sent, early| Some(Told::TimedOut { sent, early });
    assert_eq!(of(&[], timed_out(true, false), &[]).untrue_outcome, 1);
    assert_eq!(of(&[HANDLED], None, &[]).without_outcome, 1);
    assert_eq!(of(&[HANDLED], lost(true), &[HANDLED]).doubled, 1);
    let lost_peer = Some(Told::Lost { sent: true });
    assert_eq!(of(&[], lost_peer, &[]).untrue_outcome, 1, "nobody died");
}

#[test]
fn only_an_unsequenced_command_may_end_with_its_link_and_it_is_counted_apart() {
    for (told, lost) in [
        (Told::LinkLost { sent: true }, 1),
        (Told::LinkLost { sent: false }, 0),
        (Told::NotNow, 0),
    ] {
        for (manner, untrue) in [
            (Manner::InOrder, 1),
            (Manner::AtOnce, 1),
            (Manner::Unsequenced, 0),
        ] {
            let verdict = judge(&ended(manner, false, &[], Some(told.clone()), &[]));
            assert_eq!(verdict.faults.untrue_outcome, untrue, "{told:?} {manner:?}");
            assert_eq!(verdict.commands_begun, untrue);
            assert_eq!(verdict.unsequenced.total(), 1 - untrue);
            assert_eq!(verdict.outcomes.lost + verdict.unsequenced.lost, lost);
        }
    }
}

#[test]
fn an_outcome_has_to_be_there_and_to_be_true() {
    let (fine, untrue) = (
        Faults::default(),
        Faults {
            untrue_outcome: 1,
            ..Faults::default()
        },
    );
    let died = Entry::Dies(RECEIVER);
    let lost = |sent| Some(Told::Lost { sent });
    assert_eq!(command(false, &[HANDLED], None, &[]).without_outcome, 1);
    assert_eq!(command(false, &[HANDLED], Some(Told::Replied), &[]), fine);
    assert_eq!(command(false, &[], Some(Told::Replied), &[]), untrue);
    let wrong = Some(Told::Wrong("another's reply".into()));
    assert_eq!(command(false, &[HANDLED], wrong, &[]), untrue);
    assert_eq!(
        command(false, std::slice::from_ref(&died), lost(false), &[]),
        fine
    );
    let both = [HANDLED, died.clone()];
    assert_eq!(command(false, &both, lost(true), &[]), fine);
    assert_eq!(command(false, &both, lost(false), &[]), untrue);
    let denied = command(false, &[died], lost(false), &[HANDLED]);
    assert_eq!(denied, untrue, "handled later");
    assert_eq!(command(false, &[HANDLED], lost(true), &[]), untrue);
    let twice = command(false, &[HANDLED], Some(Told::Replied), &[HANDLED]);
    assert_eq!(twice.doubled, 1);
}

#[test]
fn nothing_is_unknown_where_the_receiver_stopped_and_unroutable_only_then() {
    let fine = Faults::default();
    let stops = Entry::Stops(RECEIVER);
    let told = |before: &[Entry], told| command(false, before, Some(told), &[]);
    let lost = Told::Lost { sent: true };
    assert_eq!(told(std::slice::from_ref(&stops), lost).untrue_outcome, 1);
    let unroutable = |shown| Told::Unroutable { shown };
    assert_eq!(told(&[stops], unroutable(false)), fine);
    assert_eq!(told(&[], unroutable(true)), fine);
    assert_eq!(told(&[], unroutable(false)).untrue_outcome, 1);
}

#[test]
fn a_time_out_is_true_only_for_who_was_in_a_hurry_and_not_before_its_time() {
    let timed_out = |sent, early| Some(Told::TimedOut { sent, early });
    let of = |hasty, before: &[Entry], told| command(hasty, before, told, &[]).untrue_outcome;
    assert_eq!(of(true, &[], timed_out(false, false)), 0);
    assert_eq!(of(true, &[HANDLED], timed_out(true, false)), 0);
    assert_eq!(of(true, &[HANDLED], timed_out(false, false)), 1);
    assert_eq!(of(true, &[], timed_out(true, true)), 1);
    assert_eq!(of(false, &[], timed_out(true, false)), 1);
}

#[test]
fn a_sender_that_died_is_owed_no_outcome() {
    let mut history = published(0);
    history.push(sending(Manner::AtOnce, false));
    history.push(Entry::Dies(SENDER.peer));
    let verdict = judge(&history);
    assert_eq!(verdict.faults, Faults::default());
    assert_eq!(verdict.outcomes.orphaned, 1);
}
