//! The rules of the state that are worth reading one by one.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use quibus::directory::{PeerState, SubscriptionUpdate, Subscriptions};
use quibus::id::ClusterId;
use quibus::{BindingKey, Identity, Incarnation, PeerId};

use crate::{Command, Condition, Newcomer, Outcome, Quotas, Refusal, State, Transition};

fn peer(number: usize) -> PeerId {
    PeerId::new(&format!("Shop.{number}")).unwrap()
}

fn newcomer(number: usize, start_id: u128) -> Newcomer {
    Newcomer {
        peer: peer(number),
        identity: Identity::Peer(peer(number)),
        start_id,
        resume: None,
        address: format!("192.0.2.{start_id}:7000"),
        subscriptions: Subscriptions::default(),
        seq: 0,
        durable: false,
        replaces: None,
    }
}

fn state(quotas: Quotas) -> State {
    State::new(ClusterId(7), quotas)
}

/// Applies the command as the next one, at 1,000 ms.
fn apply(state: &mut State, command: Command) -> Outcome {
    let index = state.index() + 1;
    state.apply(index, command, 1_000).0
}

/// Registers `Shop.0` as incarnation 1,000, attached by command 1.
fn with_one() -> State {
    let mut state = state(Quotas::default());
    let registered = apply(&mut state, Command::Register(newcomer(0, 1)));
    let (incarnation, epoch) = (Incarnation(1_000), 1);
    assert_eq!(registered, Outcome::Registered { incarnation, epoch });
    state
}

fn found(state: &mut State, epoch: u64, to: Condition) -> PeerState {
    let transition = Transition {
        peer: peer(0),
        incarnation: Incarnation(1_000),
        epoch,
        to,
    };
    apply(state, Command::Transitions(vec![transition]));
    state.get(&peer(0)).unwrap().state
}

#[test]
fn a_twin_is_replaced_only_by_a_verdict_about_that_very_run() {
    let mut state = with_one();
    assert_eq!(state.twin(&peer(0), 1), None);
    assert_eq!(state.twin(&peer(0), 2).unwrap().address, "192.0.2.1:7000");
    let with_verdict = |start_id, replaces: Option<u64>| {
        Command::Register(Newcomer {
            replaces: replaces.map(Incarnation),
            ..newcomer(0, start_id)
        })
    };
    let twin = |incarnation, start_id| {
        Outcome::Refused(Refusal::Twin {
            incarnation: Incarnation(incarnation),
            address: format!("192.0.2.{start_id}:7000"),
        })
    };
    assert_eq!(apply(&mut state, with_verdict(2, None)), twin(1_000, 1));
    assert_eq!(
        apply(&mut state, with_verdict(2, Some(999))),
        twin(1_000, 1)
    );
    let replaced = apply(&mut state, with_verdict(2, Some(1_000)));
    assert!(matches!(replaced, Outcome::Registered { incarnation, .. } if incarnation.0 == 1_001));
    // The verdict is used up: a third process is another question.
    assert_eq!(
        apply(&mut state, with_verdict(3, Some(1_000))),
        twin(1_001, 2)
    );
    let (peer, incarnation, by) = (peer(0), Incarnation(1_000), Incarnation(1_001));
    let older = apply(&mut state, Command::Attach { peer, incarnation });
    assert_eq!(older, Outcome::Refused(Refusal::Fenced { by }));
}

#[test]
fn who_resumes_a_greater_number_replaces_a_living_run_and_needs_no_verdict() {
    let mut state = with_one();
    let resuming = |start_id, number| {
        Command::Register(Newcomer {
            resume: Some(Incarnation(number)),
            ..newcomer(0, start_id)
        })
    };
    let newer = apply(&mut state, resuming(2, 2_000));
    assert!(matches!(newer, Outcome::Registered { incarnation, .. } if incarnation.0 == 2_000));
    let by = Incarnation(2_000);
    let older = apply(&mut state, resuming(1, 1_000));
    assert_eq!(older, Outcome::Refused(Refusal::Fenced { by }));
}

#[test]
fn who_moved_to_another_server_is_not_declared_dead_by_the_former_one() {
    let mut state = with_one();
    assert_eq!(found(&mut state, 1, Condition::Silent), PeerState::Silent);
    let attach = Command::Attach {
        peer: peer(0),
        incarnation: Incarnation(1_000),
    };
    assert_eq!(apply(&mut state, attach), Outcome::Attached { epoch: 3 });
    assert_eq!(found(&mut state, 1, Condition::Down), PeerState::Up);
    assert_eq!(found(&mut state, 3, Condition::Down), PeerState::Down);
    assert_eq!(found(&mut state, 3, Condition::Heard), PeerState::Up);
}

#[test]
fn who_drains_stays_draining_when_unheard_and_when_it_registers_again() {
    let mut state = with_one();
    let (peer, incarnation) = (peer(0), Incarnation(1_000));
    apply(&mut state, Command::Drain { peer, incarnation });
    assert_eq!(found(&mut state, 1, Condition::Silent), PeerState::Draining);
    apply(&mut state, Command::Register(newcomer(0, 1)));
    assert_eq!(found(&mut state, 3, Condition::Heard), PeerState::Draining);
}

#[test]
fn a_living_peer_that_was_removed_comes_back_as_itself_even_to_another_directory() {
    let mut state = with_one();
    apply(&mut state, Command::Decommission { peer: peer(0) });
    let again = apply(&mut state, Command::Register(newcomer(0, 1)));
    assert!(matches!(again, Outcome::Registered { incarnation, .. } if incarnation.0 == 1_000));

    let mut elsewhere = self::state(Quotas::default());
    let resumed = Command::Register(Newcomer {
        resume: Some(Incarnation(70)),
        ..newcomer(0, 1)
    });
    let resumed = apply(&mut elsewhere, resumed);
    assert!(matches!(resumed, Outcome::Registered { incarnation, .. } if incarnation.0 == 70));
}

#[test]
fn what_is_above_a_quota_is_refused_and_changes_nothing() {
    let one = Quotas {
        peers: 1,
        ..Quotas::default()
    };
    let mut state = state(one);
    apply(&mut state, Command::Register(newcomer(0, 1)));
    let before = state.revision();
    let second = apply(&mut state, Command::Register(newcomer(1, 2)));
    assert!(
        matches!(second, Outcome::Refused(Refusal::Quota(_))),
        "{second:?}"
    );
    let mut types = SubscriptionUpdate::default();
    let keys = 0..=Subscriptions::MAX_KEYS;
    types.set(
        "T",
        keys.map(|n| BindingKey::parse(&n.to_string()).unwrap()),
    );
    let update = Command::Update {
        peer: peer(0),
        incarnation: Incarnation(1_000),
        seq: 1,
        types,
    };
    for _ in 0..2 {
        let update = apply(&mut state, update.clone());
        assert!(
            matches!(update, Outcome::Refused(Refusal::Quota(_))),
            "{update:?}"
        );
    }
    assert_eq!(state.revision(), before);
    apply(&mut state, Command::Decommission { peer: peer(0) });
    let second = apply(&mut state, Command::Register(newcomer(1, 2)));
    assert!(matches!(second, Outcome::Registered { .. }), "{second:?}");
}

#[test]
fn who_resumes_the_highest_number_leaves_numbers_for_everybody_else() {
    let quotas = Quotas {
        remembered: 0,
        ..Quotas::default()
    };
    let mut state = state(quotas);
    let greedy = Command::Register(Newcomer {
        resume: Some(Incarnation(u64::MAX)),
        ..newcomer(0, 1)
    });
    let registered = apply(&mut state, greedy);
    assert!(matches!(registered, Outcome::Registered { .. }));
    apply(&mut state, Command::Decommission { peer: peer(0) });
    let other = apply(&mut state, Command::Register(newcomer(1, 9)));
    let Outcome::Registered { incarnation, .. } = other else {
        panic!("{other:?}");
    };
    assert!(incarnation.0 < 1_100, "{incarnation}");
}

proptest! {
    #[test]
    fn new_numbers_grow_even_for_peers_that_were_forgotten(
        starts in vec((0..3_usize, 1..60_u64, any::<bool>()), 1..40),
    ) {
        let quotas = Quotas { remembered: 1, ..Quotas::default() };
        let mut state = state(quotas);
        let mut highest = BTreeMap::new();
        for (index, (who, time, leave)) in (1..).step_by(3).zip(starts) {
            let peer = peer(who);
            state.apply(index, Command::Decommission { peer: peer.clone() }, time);
            let register = Command::Register(newcomer(who, u128::from(index)));
            let (outcome, _) = state.apply(index + 1, register, time);
            let Outcome::Registered { incarnation, .. } = outcome else {
                panic!("{peer} was refused: {outcome:?}");
            };
            let former = highest.insert(peer.clone(), incarnation);
            prop_assert!(former.is_none_or(|former| former < incarnation));
            prop_assert!(incarnation.0 >= time);
            if leave {
                state.apply(index + 2, Command::Unregister { peer, incarnation }, time);
            }
            prop_assert!(state.records.len() <= state.len() + 1);
        }
    }
}
