//! What broke earlier wordings of the rules, each trace replayed: C1–C17 in the order in which they
//! were found.
//!
//! Side 0 is A, with the smaller name, side 1 is B.

use super::event::Event;
use super::script::{A, B, Script};
use crate::id::Incarnation;
use crate::session::control::{Ack, Control};
use crate::session::effects::Action;
use crate::session::lane_id::LaneId;
use crate::session::link_id::LinkId;
use crate::wire::CloseReason;

#[test]
fn c1_a_message_is_taken_once_though_its_receiver_has_just_restarted() {
    let mut script = Script::new();
    let link = script.dial(A);
    script.step(Event::Restart(B));
    script.control(B, link);
    script.control(A, link);
    assert_eq!(script.session(A).mine, 1, "its own number stays (R1)");
    let sent = script.accept(A, false);
    script.lane(B, link, LaneId::DEFAULT);
    script.step(Event::Take(B, LaneId::DEFAULT, 1));
    script.cut(link);
    script.rest();
    assert!(script.is_taken(sent));
    assert_eq!(script.0.record.ends_seen[B], 0);
}

#[test]
fn c2_a_hello_of_a_forgotten_memory_is_refused_and_changes_nothing() {
    let mut script = Script::new();
    let late = script.dial(A);
    script.step(Event::Break(late));
    script.step(Event::Notice(A, late));
    script.step(Event::Forget(A));
    let link = script.linked(A);
    let sent = script.accept(A, false);
    script.lane(B, link, LaneId::DEFAULT);
    script.step(Event::Take(B, LaneId::DEFAULT, 1));
    script.control(B, late);
    assert_eq!(script.session(B).current(), Some(link));
    assert!(
        !script.session(B).links.contains_key(&late),
        "closed as stale"
    );
    assert_eq!(script.0.record.ends_seen[B], 0);
    script.cut(link);
    script.rest();
    assert!(script.is_taken(sent));
}

#[test]
fn c3_a_half_open_link_loses_against_the_next_dial_of_the_other_side() {
    let mut script = Script::new();
    let half_open = script.linked(A);
    script.step(Event::Break(half_open));
    script.step(Event::Notice(B, half_open));
    let sent = script.accept(B, false);
    script.step(Event::Dial(B));
    let link = LinkId(script.0.last_link);
    script.control(A, link);
    assert_eq!(
        script.session(A).current(),
        Some(link),
        "B says what has ended"
    );
    script.rest();
    assert!(script.is_taken(sent));
    assert_eq!(script.0.record.dials, 1);
}

#[test]
fn c4_lane_frames_that_overtake_hello_are_not_read() {
    let mut script = Script::new();
    let sent = script.accept(B, false);
    let link = script.dial(A);
    script.control(B, link);
    script.step(Event::Pull(B, link, LaneId::DEFAULT));
    let is_read = |event: &Event| matches!(event, Event::Lane(A, ..));
    assert!(!script.0.enabled().iter().any(is_read));
    assert_eq!(script.session(A).lanes.inn(LaneId::DEFAULT).link, None);
    script.control(A, link);
    assert!(script.0.enabled().iter().any(is_read));
    script.rest();
    assert!(script.is_taken(sent));
}

#[test]
fn c5_an_acknowledgement_lost_with_its_link_is_given_again_on_the_next() {
    let mut script = Script::new();
    let old = script.linked(A);
    script.accept(B, false);
    let new = script.dial(A);
    script.lane(A, old, LaneId::DEFAULT);
    script.step(Event::Take(A, LaneId::DEFAULT, 1));
    script.step(Event::Acknowledge(A, LaneId::DEFAULT, None));
    script.step(Event::Break(old));
    script.step(Event::Notice(B, old));
    script.control(B, new);
    script.control(A, new);
    assert_eq!(script.session(A).current(), Some(new));
    script.control(B, new);
    assert!(
        !script.session(B).lanes.is_waiting(),
        "due at once, nothing else will remind A"
    );
    script.rest();
}

#[test]
fn c6_what_a_dialler_told_an_earlier_incarnation_is_told_to_nobody() {
    let mut script = Script::new();
    let link = script.linked(A);
    script.accept(A, false);
    script.lane(B, link, LaneId::DEFAULT);
    script.step(Event::Take(B, LaneId::DEFAULT, 1));
    script.step(Event::Break(link));
    script.step(Event::Notice(B, link));
    let new = script.dial(B);
    script.step(Event::Restart(A));
    let sent = script.accept(A, false);
    script.control(A, new);
    script.control(B, new);
    script.lane(B, new, LaneId::DEFAULT);
    script.step(Event::Take(B, LaneId::DEFAULT, 1));
    assert!(script.is_taken(sent));
    script.step(Event::Acknowledge(B, LaneId::DEFAULT, None));
    script.control(A, new);
    assert!(!script.session(A).lanes.is_waiting());
    script.rest();
}

#[test]
fn c7_an_outcome_goes_to_the_session_its_command_came_in_or_nowhere() {
    let mut script = Script::new();
    let link = script.linked(A);
    script.accept(A, true);
    script.lane(B, link, LaneId::DEFAULT);
    script.step(Event::Take(B, LaneId::DEFAULT, 1));
    script.step(Event::Restart(A));
    script.step(Event::Notice(B, link));
    let second = script.accept(A, true);
    let link = script.linked(A);
    script.step(Event::Finish(B, 0));
    assert!(!script.session(B).lanes.out(LaneId::OUTCOMES).is_waiting());
    script.lane(B, link, LaneId::DEFAULT);
    script.rest();
    assert_eq!(script.end(second), Some("outcome"));
}

#[test]
fn c8_an_acknowledgement_of_an_ended_session_frees_nothing() {
    let mut script = Script::new();
    let link = script.linked(A);
    script.accept(A, false);
    script.lane(B, link, LaneId::DEFAULT);
    script.step(Event::Take(B, LaneId::DEFAULT, 1));
    script.step(Event::Restart(B));
    script.step(Event::Replica(A));
    assert!(
        !script.session(A).has_links(),
        "the session's end closes its links"
    );
    let sent = script.accept(A, false);
    let (lane, taken, credit) = (LaneId::DEFAULT, 1, 1 << 20);
    let late = script.session(A).ack(
        link,
        Ack {
            lane,
            taken,
            credit,
        },
    );
    assert!(late.is_ok_and(|effects| effects.actions.is_empty()));
    assert_eq!(script.session(A).lanes.out(lane).freed(), 0);
    script.rest();
    assert!(script.is_taken(sent));
}

#[test]
fn c9_a_command_that_was_appended_once_is_never_called_not_handled() {
    let mut script = Script::new();
    let link = script.linked(A);
    let sent = script.accept(A, true);
    script.lane(B, link, LaneId::DEFAULT);
    script.cut(link);
    script.step(Event::Expire(A));
    assert_eq!(script.end(sent), Some("timed out"));
    assert!(!script.0.record.messages[sent].not_handled);
    script.rest();
    assert!(script.is_taken(sent));
}

#[test]
fn c10_down_spares_outcomes() {
    for is_down_first in [false, true] {
        let mut script = Script::new();
        let link = script.linked(A);
        let sent = script.accept(A, true);
        script.lane(B, link, LaneId::DEFAULT);
        script.step(Event::Take(B, LaneId::DEFAULT, 1));
        if is_down_first {
            script.step(Event::Down(B));
        }
        script.step(Event::Finish(B, 0));
        if !is_down_first {
            script.step(Event::Down(B));
        }
        script.rest();
        assert_eq!(script.end(sent), Some("outcome"));
    }
}

#[test]
fn c11_a_command_whose_outcome_has_come_does_not_lose_its_peer() {
    let mut script = Script::new();
    let link = script.linked(A);
    let sent = script.accept(A, true);
    script.lane(B, link, LaneId::DEFAULT);
    script.step(Event::Take(B, LaneId::DEFAULT, 1));
    script.step(Event::Finish(B, 0));
    script.lane(A, link, LaneId::OUTCOMES);
    script.step(Event::Restart(B));
    script.step(Event::Replica(A));
    assert_eq!(script.end(sent), Some("outcome"));
    script.rest();
}

#[test]
fn c12_a_loser_never_comes_back() {
    let mut script = Script::new();
    let (winner, loser) = (script.dial(A), script.dial(B));
    script.control(A, loser);
    script.control(B, loser);
    assert_eq!(
        script.session(A).current(),
        Some(loser),
        "the only one so far"
    );
    let sent = script.accept(A, false);
    script.step(Event::Pull(A, loser, LaneId::DEFAULT));
    script.control(B, winner);
    script.control(A, winner);
    assert_eq!(script.session(B).current(), Some(winner));
    let frames = script.0.wires[&loser].lanes[A][&LaneId::DEFAULT].len();
    script.step(Event::Lane(B, loser, LaneId::DEFAULT, frames));
    let lanes = script.session(B).lanes.clone();
    assert!(lanes.inn(LaneId::DEFAULT).front().is_none(), "ignored");
    script.step(Event::Break(winner));
    script.step(Event::Notice(A, winner));
    script.step(Event::Notice(B, winner));
    assert!(script.session(B).links.contains_key(&loser));
    assert_eq!(
        (script.session(A).current(), script.session(B).current()),
        (None, None)
    );
    script.rest();
    assert!(script.is_taken(sent));
}

#[test]
fn c13_what_ended_of_an_earlier_incarnation_costs_the_next_one_no_dial() {
    let mut script = Script::new();
    for _ in 0..5 {
        let link = script.linked(A);
        script.cut(link);
    }
    assert_eq!(script.session(B).ended, 5);
    script.step(Event::Restart(A));
    let sent = script.accept(A, false);
    script.rest();
    assert!(script.is_taken(sent));
    assert_eq!(script.0.record.dials, 1);
}

#[test]
fn c14_a_hello_without_an_incarnation_is_no_candidate() {
    let mut script = Script::new();
    let link = script.linked(A);
    let other = script.dial(B);
    let begin = script.0.begin;
    let mut hello = script.session(B).dialled(LinkId(99), 99, begin);
    hello.incarnation = Incarnation::NONE;
    script.session(A).accepted(other);
    assert!(script.session(A).hello(other, &hello, begin).is_err());
    assert_eq!(script.session(A).current(), Some(link));
    assert_eq!(script.session(A).incarnation(), Some(Incarnation(1)));
}

#[test]
fn c15_goodbye_is_owed_without_a_link_until_what_was_accepted_is_taken() {
    let mut script = Script::new();
    let link = script.linked(A);
    script.cut(link);
    let sent = script.accept(B, false);
    let effects = script.session(A).leave();
    assert_eq!(effects.actions, [Action::Dial]);
    assert!(script.session(A).wants_link() && !script.session(A).is_done());
    script.0.perform(A, effects).expect("a dial");
    let link = script.linked(A);
    script.control(B, link);
    assert!(script.session(B).they_leave());
    script.cut(link);
    assert!(
        script.session(A).wants_link(),
        "the answer is lost, so goodbye is owed again"
    );
    let link = script.linked(A);
    script.control(B, link);
    script.control(A, link);
    assert!(!script.session(A).is_done(), "answered, not taken");
    script.rest();
    assert!(script.is_taken(sent) && script.session(A).is_done());
}

#[test]
fn c15_goodbye_is_done_when_the_run_it_was_said_to_has_ended_and_late_answers_change_nothing() {
    let mut script = Script::new();
    let link = script.linked(A);
    let effects = script.session(A).leave();
    assert_eq!(effects.actions, [Action::Send(link, Control::Goodbye)]);
    script.step(Event::Restart(B));
    script.step(Event::Replica(A));
    assert!(script.session(A).is_done());
    let late = vec![(LaneId::DEFAULT, 7)];
    script.session(A).farewell(link, late);
    assert!(script.session(A).is_done() && !script.session(A).wants_link());
    assert!(script.session(A).goodbye(link).actions.is_empty());
    assert!(
        !script.session(A).they_leave(),
        "said by an incarnation that is gone"
    );
}

#[test]
fn c15_goodbye_is_not_done_while_something_of_an_ended_session_is_parked() {
    let mut script = Script::new();
    let link = script.linked(A);
    script.accept(B, false);
    script.lane(A, link, LaneId::DEFAULT);
    let _ = script.session(A).leave();
    script.step(Event::Restart(B));
    script.step(Event::Replica(A));
    assert!(script.session(A).is_over() && !script.session(A).is_done());
    script.step(Event::Take(A, LaneId::DEFAULT, 1));
    assert!(script.session(A).is_done());
}

#[test]
fn c15_goodbye_is_owed_anew_to_who_had_forgotten_and_late_answers_change_nothing() {
    let mut script = Script::new();
    let first = script.linked(A);
    script.cut(first);
    let half_open = script.dial(B);
    script.control(A, half_open);
    let _ = script.session(A).leave();
    script.step(Event::Break(half_open));
    script.step(Event::Notice(B, half_open));
    script.step(Event::Forget(B));
    let sent = script.accept(B, false);
    let link = script.linked(B);
    script.session(A).farewell(half_open, Vec::new());
    assert!(!script.session(A).is_done(), "nothing was answered since");
    script.control(B, link);
    script.control(A, link);
    assert!(!script.session(A).is_done(), "answered, not taken");
    script.rest();
    assert!(script.is_taken(sent) && script.session(A).is_done());
}

#[test]
fn c15_a_run_that_closed_a_link_as_stopping_is_owed_no_goodbye_but_what_came_of_it_is_taken() {
    let mut script = Script::new();
    let link = script.linked(A);
    script.accept(B, false);
    script.lane(A, link, LaneId::DEFAULT);
    script.session(A).stopped(LinkId(99));
    assert!(!script.session(A).is_over(), "no link of this session");
    script.session(A).stopped(link);
    script.cut(link);
    assert!(script.session(A).leave().actions.is_empty());
    assert!(!script.session(A).wants_link() && !script.session(A).is_done());
    script.step(Event::Take(A, LaneId::DEFAULT, 1));
    assert!(script.session(A).is_done());
}

#[test]
fn c15_a_goodbye_is_owed_to_the_next_run_of_a_peer_that_has_stopped() {
    let mut script = Script::new();
    let link = script.linked(A);
    script.session(A).stopped(link);
    assert!(script.session(A).is_over() && script.session(A).is_done());
    script.step(Event::Restart(B));
    script.step(Event::Replica(A));
    assert!(!script.session(A).is_over() && !script.session(A).is_done());
    assert_eq!(script.session(A).leave().actions, [Action::Dial]);
}

#[test]
fn c16_outcomes_owed_to_an_ended_session_count_for_nothing() {
    let mut script = Script::new();
    let link = script.linked(A);
    for at in 0..3 {
        script.accept(A, true);
        script.lane(B, link, LaneId::DEFAULT);
        script.step(Event::Take(B, LaneId::DEFAULT, 1));
        script.step(Event::Finish(B, 0));
        let owed = script.session(B).lanes.out(LaneId::OUTCOMES).log.cost();
        assert_eq!(owed, 128 * (at + 1));
    }
    script.step(Event::Restart(A));
    script.step(Event::Replica(B));
    let lanes = script.session(B).lanes.clone();
    assert_eq!(lanes.out(LaneId::OUTCOMES).log.cost(), 0);
    assert!(!lanes.is_waiting());
    script.rest();
}

#[test]
fn c17_credit_once_given_is_not_taken_back_by_a_late_acknowledgement() {
    let mut script = Script::new();
    let link = script.linked(A);
    for _ in 0..3 {
        script.accept(A, false);
    }
    let lane = LaneId::DEFAULT;
    let mut hear = |taken, credit| {
        let effects = script.session(A).ack(
            link,
            Ack {
                lane,
                taken,
                credit,
            },
        );
        drop(effects.expect("a legal acknowledgement"));
        let out = script.session(A).lanes.out(lane);
        (out.freed(), out.credit)
    };
    assert_eq!(hear(2, 500), (2, 500));
    assert_eq!(hear(2, 100), (2, 500), "the same position, less credit");
    assert_eq!(hear(1, 900), (2, 500), "an older position");
    assert_eq!(hear(2, 600), (2, 600));
    assert_eq!(hear(3, 128), (3, 128), "counted from what is taken now");
}

#[test]
fn a_restart_is_refused_its_old_links_with_a_reason() {
    let mut script = Script::new();
    let old = script.dial(A);
    script.step(Event::Restart(A));
    script.linked(A);
    let begin = script.0.begin;
    let mut late = script.session(A).dialled(LinkId(98), 98, begin);
    late.incarnation = Incarnation(1);
    script.session(B).accepted(old);
    let effects = script
        .session(B)
        .hello(old, &late, begin)
        .expect("no violation");
    let refused = [Action::Close(old, CloseReason::OldIncarnation)];
    assert_eq!(effects.actions, refused);
    assert_eq!(script.session(B).ended, 0, "its dial numbers are another's");
}

#[test]
fn a_link_in_use_that_has_ended_there_is_left_even_for_none() {
    let mut script = Script::new();
    let late = script.dial(A);
    let link = script.linked(A);
    script.step(Event::Break(link));
    script.step(Event::Notice(B, link));
    script.control(B, late);
    let sent = script.accept(A, false);
    script.control(A, late);
    assert_eq!(
        script.session(A).current(),
        None,
        "B has seen both dials end"
    );
    assert!(script.session(A).wants_link());
    script.rest();
    assert!(script.is_taken(sent));
}
