//! The state against a naive model of it: a list of all runs that ever were, searched from the end.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use quibus::directory::{Change, PeerState, PeerView, SubscriptionUpdate, Subscriptions};
use quibus::id::ClusterId;
use quibus::{BindingKey, Identity, Incarnation, PeerId};

use crate::{Command, Condition, Newcomer, Outcome, Quotas, Refusal, State, Transition};

/// What is asked, before it is known what the numbers in it are.
#[derive(Debug, Clone)]
enum Ask {
    Register {
        start_id: u128,
        resume: Option<u64>,
        seq: u64,
        wants: Vec<(String, Vec<String>)>,
        replace: bool,
        stranger: bool,
    },
    Attach,
    Update {
        seq: u64,
        wants: Vec<(String, Vec<String>)>,
    },
    Drain,
    Unregister,
    Transition {
        to: Condition,
        late: bool,
    },
    Decommission,
}

/// Which run is meant: the last one, the one before, or one that never was.
#[derive(Debug, Clone, Copy)]
enum Whose {
    Last,
    Former,
    Nobodys,
}

#[derive(Debug, Clone, PartialEq)]
struct Run {
    start_id: u128,
    number: u64,
    here: bool,
    left: bool,
    address: String,
    wants: BTreeMap<String, BTreeSet<String>>,
    seq: u64,
    epoch: u64,
    condition: Condition,
    draining: bool,
}

/// What others can see of a peer.
type Visible = (
    u64,
    u128,
    String,
    PeerState,
    BTreeMap<String, BTreeSet<String>>,
);

#[derive(Debug, Default)]
struct Model {
    runs: BTreeMap<String, Vec<Run>>,
}

/// What has to come of a command.
#[derive(Debug, PartialEq)]
enum Expected {
    Registered(u64),
    Attached,
    Updated,
    Done,
    Twin(u64),
    Fenced(u64),
    Left,
    NotRegistered,
    Outdated(u64),
    NotAllowed,
}

impl Model {
    fn apply(&mut self, index: u64, command: &Command, time: u64) -> Expected {
        match command {
            Command::Register(newcomer) => self.register(index, newcomer, time),
            Command::Attach { peer, incarnation } => self.of(peer, *incarnation, |run| {
                (run.epoch, run.condition) = (index, Condition::Heard);
                Expected::Attached
            }),
            Command::Update {
                peer,
                incarnation,
                seq,
                types,
            } => self.of(peer, *incarnation, |run| {
                if *seq < run.seq {
                    return Expected::Outdated(run.seq);
                }
                if *seq > run.seq {
                    run.seq = *seq;
                    merge(&mut run.wants, types);
                }
                Expected::Updated
            }),
            Command::Drain { peer, incarnation } => self.of(peer, *incarnation, |run| {
                run.draining = true;
                Expected::Done
            }),
            Command::Unregister { peer, incarnation } => self.unregister(peer, *incarnation),
            Command::Transitions(transitions) => {
                for transition in transitions {
                    self.of(&transition.peer, transition.incarnation, |run| {
                        let late = transition.epoch != run.epoch;
                        match (run.condition, transition.to) {
                            _ if late => {}
                            (Condition::Down, Condition::Removed) => run.here = false,
                            (_, Condition::Removed) | (Condition::Down, Condition::Silent) => {}
                            (_, to) => run.condition = to,
                        }
                        Expected::Done
                    });
                }
                Expected::Done
            }
            Command::Describe { .. } | Command::Supply { .. } => {
                unreachable!("types have a model of their own")
            }
            Command::Decommission { peer } => {
                if let Some(run) = self.runs(peer).last_mut() {
                    run.here = false;
                }
                Expected::Done
            }
        }
    }

    fn register(&mut self, index: u64, newcomer: &Newcomer, time: u64) -> Expected {
        if !newcomer.identity.may_be(&newcomer.peer) {
            return Expected::NotAllowed;
        }
        let runs = self.runs(&newcomer.peer);
        let highest = runs.iter().map(|run| run.number).max().unwrap_or(0);
        let mut wants = BTreeMap::new();
        for (name, keys) in newcomer.subscriptions.iter() {
            let keys = keys.iter().map(ToString::to_string).collect();
            wants.insert(name.to_string(), keys);
        }
        let mut run = Run {
            start_id: newcomer.start_id,
            number: newcomer
                .resume
                .map_or((highest + 1).max(time), |offered| offered.0),
            here: true,
            left: false,
            address: newcomer.address.clone(),
            wants,
            seq: newcomer.seq,
            epoch: index,
            condition: Condition::Heard,
            draining: false,
        };
        if let Some(last) = runs.last_mut() {
            if last.start_id == run.start_id {
                if last.left {
                    return Expected::Left;
                }
                run.number = last.number;
                if last.here {
                    run.draining = last.draining;
                    if last.seq > run.seq {
                        (run.seq, run.wants) = (last.seq, last.wants.clone());
                    }
                }
            } else if newcomer
                .resume
                .is_some_and(|offered| offered.0 <= last.number)
            {
                return Expected::Fenced(last.number);
            } else if last.here
                && newcomer.resume.is_none()
                && last.condition != Condition::Down
                && newcomer.replaces != Some(Incarnation(last.number))
            {
                return Expected::Twin(last.number);
            }
            last.here = false;
        }
        let number = run.number;
        runs.push(run);
        Expected::Registered(number)
    }

    fn unregister(&mut self, peer: &PeerId, incarnation: Incarnation) -> Expected {
        let last = self.runs(peer).last_mut();
        match last {
            Some(run) if run.number == incarnation.0 => {
                (run.here, run.left) = (false, true);
                Expected::Done
            }
            Some(run) if run.number > incarnation.0 => Expected::Fenced(run.number),
            _ => Expected::NotRegistered,
        }
    }

    fn of(
        &mut self,
        peer: &PeerId,
        incarnation: Incarnation,
        change: impl FnOnce(&mut Run) -> Expected,
    ) -> Expected {
        match self.runs(peer).last_mut() {
            Some(run) if run.number > incarnation.0 => Expected::Fenced(run.number),
            Some(run) if run.number == incarnation.0 && run.here => change(run),
            _ => Expected::NotRegistered,
        }
    }

    fn runs(&mut self, peer: &PeerId) -> &mut Vec<Run> {
        self.runs.entry(peer.to_string()).or_default()
    }

    fn visible(&self) -> BTreeMap<String, Visible> {
        let mut visible = BTreeMap::new();
        for (peer, runs) in &self.runs {
            let Some(run) = runs.last().filter(|run| run.here) else {
                continue;
            };
            let state = match run.condition {
                Condition::Down => PeerState::Down,
                _ if run.draining => PeerState::Draining,
                Condition::Silent => PeerState::Silent,
                _ => PeerState::Up,
            };
            let seen = (
                run.number,
                run.start_id,
                run.address.clone(),
                state,
                run.wants.clone(),
            );
            visible.insert(peer.clone(), seen);
        }
        visible
    }

    /// The command that is asked, with the numbers that hold now.
    fn command(&self, who: usize, whose: Whose, ask: Ask) -> Command {
        let peer = PeerId::new(&format!("Shop.{who}")).unwrap();
        let last = self.runs.get(peer.as_str()).and_then(|runs| runs.last());
        let number = last.map_or(1, |run| run.number);
        let incarnation = Incarnation(match whose {
            Whose::Last => number,
            Whose::Former => number.saturating_sub(1),
            Whose::Nobodys => number + 1,
        });
        match ask {
            Ask::Attach => Command::Attach { peer, incarnation },
            Ask::Drain => Command::Drain { peer, incarnation },
            Ask::Unregister => Command::Unregister { peer, incarnation },
            Ask::Decommission => Command::Decommission { peer },
            Ask::Update { seq, wants } => {
                let types = update(&wants);
                Command::Update {
                    peer,
                    incarnation,
                    seq,
                    types,
                }
            }
            Ask::Transition { to, late } => {
                let epoch = last.map_or(0, |run| run.epoch) - u64::from(late && last.is_some());
                let transition = Transition {
                    peer,
                    incarnation,
                    epoch,
                    to,
                };
                Command::Transitions(vec![transition])
            }
            Ask::Register {
                start_id,
                resume,
                seq,
                wants,
                replace,
                stranger,
            } => {
                let mut subscriptions = Subscriptions::default();
                subscriptions.apply(&update(&wants));
                let name = if stranger { "Other.0" } else { peer.as_str() };
                Command::Register(Newcomer {
                    identity: Identity::Peer(PeerId::new(name).unwrap()),
                    peer,
                    start_id,
                    resume: resume.map(Incarnation),
                    address: format!("192.0.2.{start_id}:7000"),
                    subscriptions,
                    seq,
                    durable: false,
                    replaces: replace.then_some(incarnation),
                })
            }
        }
    }
}

fn merge(wants: &mut BTreeMap<String, BTreeSet<String>>, types: &SubscriptionUpdate) {
    for (name, keys) in types.iter() {
        let keys: BTreeSet<_> = keys.iter().map(ToString::to_string).collect();
        wants.remove(&**name);
        if !keys.is_empty() {
            wants.insert(name.to_string(), keys);
        }
    }
}

fn update(wants: &[(String, Vec<String>)]) -> SubscriptionUpdate {
    let mut update = SubscriptionUpdate::default();
    for (name, keys) in wants {
        update.set(
            name,
            keys.iter().map(|text| BindingKey::parse(text).unwrap()),
        );
    }
    update
}

fn visible(state: &State) -> BTreeMap<String, Visible> {
    let mut visible = BTreeMap::new();
    for (known, ..) in state.members() {
        let mut wants = BTreeMap::new();
        for (name, keys) in known.subscriptions.iter() {
            let keys = keys.iter().map(ToString::to_string).collect();
            wants.insert(name.to_string(), keys);
        }
        let seen = (
            known.incarnation.0,
            known.start_id,
            known.address.clone(),
            known.state,
            wants,
        );
        visible.insert(known.peer.to_string(), seen);
    }
    visible
}

fn seen(outcome: &Outcome) -> Expected {
    match outcome {
        Outcome::Registered { incarnation, .. } => Expected::Registered(incarnation.0),
        Outcome::Attached { .. } => Expected::Attached,
        Outcome::Updated { .. } => Expected::Updated,
        Outcome::Done => Expected::Done,
        Outcome::Wanted(_) => unreachable!("types have a model of their own"),
        Outcome::Refused(refusal) => match refusal {
            Refusal::Twin { incarnation, .. } => Expected::Twin(incarnation.0),
            Refusal::Fenced { by } => Expected::Fenced(by.0),
            Refusal::Left => Expected::Left,
            Refusal::NotRegistered => Expected::NotRegistered,
            Refusal::Outdated { applied } => Expected::Outdated(*applied),
            Refusal::NotAllowed(_) => Expected::NotAllowed,
            Refusal::Quota(text) => panic!("nothing here is above a quota: {text}"),
        },
    }
}

fn any_ask() -> impl Strategy<Value = (usize, Whose, Ask)> {
    let wants = || vec(("T\\.[ab]", vec("[a-c]", 0..3)), 0..3);
    let resume = prop_oneof![6 => Just(None), 1 => (1..90_u64).prop_map(Some)];
    let flags = (any::<bool>(), prop::bool::weighted(0.03));
    let register = (1..4_u128, resume, 0..4_u64, wants(), flags).prop_map(
        |(start_id, resume, seq, wants, (replace, stranger))| Ask::Register {
            start_id,
            resume,
            seq,
            wants,
            replace,
            stranger,
        },
    );
    let to = prop_oneof![
        Just(Condition::Heard),
        Just(Condition::Silent),
        Just(Condition::Down),
        Just(Condition::Removed),
    ];
    let transition = (to, prop::bool::weighted(0.2));
    let ask = prop_oneof![
        4 => register,
        2 => Just(Ask::Attach),
        4 => (1..5_u64, wants()).prop_map(|(seq, wants)| Ask::Update { seq, wants }),
        1 => Just(Ask::Drain),
        1 => Just(Ask::Unregister),
        5 => transition.prop_map(|(to, late)| Ask::Transition { to, late }),
        1 => Just(Ask::Decommission),
    ];
    let whose =
        prop_oneof![8 => Just(Whose::Last), 1 => Just(Whose::Former), 1 => Just(Whose::Nobodys)];
    (0..2_usize, whose, ask)
}

fn cluster() -> ClusterId {
    ClusterId(7)
}

/// Changes follow on one another, and a view that applies them holds what the state holds.
fn follow(view: &mut PeerView, changes: &[Change], state: &State) {
    for change in changes {
        view.apply(change).expect("changes follow on one another");
    }
    assert_eq!(view.revision(), state.revision());
    assert!(view.iter().eq(&state.snapshot().peers));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_state_does_what_the_model_does_and_its_changes_tell_all_of_it(
        asks in vec((any_ask(), 0..60_u64), 1..50),
    ) {
        let mut model = Model::default();
        let mut state = State::new(cluster(), Quotas::default());
        let mut twin = state.clone();
        let mut view = PeerView::default();
        view.apply_snapshot(state.snapshot());
        for (index, ((who, whose, ask), time)) in (1..).zip(asks) {
            let command = model.command(who, whose, ask);
            let expected = model.apply(index, &command, time);
            let (outcome, changes) = state.apply(index, command.clone(), time);
            prop_assert_eq!(seen(&outcome), expected, "{:?}", command);
            prop_assert_eq!(visible(&state), model.visible(), "{:?}", command);
            prop_assert_eq!(state.len(), model.visible().len());
            follow(&mut view, &changes, &state);
            if let Outcome::Registered { epoch, .. } | Outcome::Attached { epoch } = outcome {
                prop_assert_eq!(epoch, index);
            }
            prop_assert_eq!(twin.apply(index, command, time), (outcome, changes));
            prop_assert_eq!(twin.hash(), state.hash());
        }
    }

    #[test]
    fn a_command_that_is_applied_twice_has_one_effect_and_one_outcome(
        asks in vec((any_ask(), 0..60_u64), 1..30),
    ) {
        let mut model = Model::default();
        let mut state = State::new(cluster(), Quotas::default());
        for (index, ((who, whose, ask), time)) in (1..).step_by(2).zip(asks) {
            let command = model.command(who, whose, ask);
            model.apply(index, &command, time);
            let (first, _) = state.apply(index, command.clone(), time);
            let before = visible(&state);
            let (second, changes) = state.apply(index + 1, command.clone(), time + 5);
            model.apply(index + 1, &command, time + 5);
            prop_assert_eq!(changes, vec![], "{:?}", &command);
            prop_assert_eq!(seen(&second), seen(&first), "{:?}", command);
            prop_assert_eq!(visible(&state), before);
            if let (Outcome::Updated { revision: a }, Outcome::Updated { revision: b }) = (first, second) {
                prop_assert_eq!(a, b);
            }
        }
    }
}
