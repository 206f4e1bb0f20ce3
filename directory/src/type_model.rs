//! What the state knows of types against a naive model of it: everybody's list, and a pile of
//! descriptions from which what nobody names is thrown out after each command.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use quibus::directory::TypeList;
use quibus::id::ClusterId;
use quibus::message::schema::{TypeDescription, TypeHash, TypeSchema, Undescribed};
use quibus::message::{Deliver, MessageKind};
use quibus::{Identity, Incarnation, PeerId};

use crate::{Command, Newcomer, Outcome, Quotas, Refusal, State};

#[derive(Debug, Clone)]
enum Ask {
    Register { start_id: u128 },
    Unregister,
    Decommission,
    Describe(BTreeMap<u8, u8>),
    Supply(Vec<(u8, u8)>),
}

#[derive(Debug, Default)]
struct Model {
    /// The start id and the types of each peer that is there.
    peers: BTreeMap<PeerId, (u128, BTreeMap<u8, u8>)>,
    supplied: BTreeSet<(u8, u8)>,
}

impl Model {
    fn apply(&mut self, peer: &PeerId, ask: &Ask) {
        match ask {
            Ask::Register { start_id } => {
                let same = self.peers.get(peer).filter(|(known, _)| known == start_id);
                let types = same.map(|(_, types)| types.clone()).unwrap_or_default();
                self.peers.insert(peer.clone(), (*start_id, types));
            }
            Ask::Unregister | Ask::Decommission => {
                self.peers.remove(peer);
            }
            Ask::Describe(types) => {
                if let Some((_, known)) = self.peers.get_mut(peer) {
                    known.clone_from(types);
                }
            }
            Ask::Supply(supplied) => {
                if self.takes(peer, supplied) {
                    self.supplied.extend(supplied);
                }
            }
        }
        let named: BTreeSet<_> = self.named().collect();
        self.supplied.retain(|one| named.contains(one));
    }

    /// All or nothing.
    fn takes(&self, peer: &PeerId, supplied: &[(u8, u8)]) -> bool {
        let known = self.peers.get(peer).map(|(_, types)| types);
        known.is_some_and(|known| {
            let mut supplied = supplied.iter();
            supplied.all(|(name, version)| known.get(name) == Some(version))
        })
    }

    fn named(&self) -> impl Iterator<Item = (u8, u8)> {
        let lists = self.peers.values().flat_map(|(_, types)| types);
        lists.map(|(name, version)| (*name, *version))
    }

    /// What can be listed: name, version, how many know it.
    fn listed(&self) -> BTreeSet<(String, TypeHash, u32)> {
        let listed = self.supplied.iter().map(|one| {
            let peers = self.named().filter(|other| other == one).count();
            (name(one.0), hash(*one), peers as u32)
        });
        listed.collect()
    }
}

fn name(number: u8) -> String {
    format!("T.{number}")
}

fn description((number, version): (u8, u8)) -> Bytes {
    let described = TypeDescription {
        name: name(number),
        kind: MessageKind::Event,
        codec: version,
        lane: "default".into(),
        deliver: Deliver::One,
        transient: false,
        unsequenced: false,
        schema: Err(Undescribed::Opaque),
    };
    described.encode()
}

fn hash(one: (u8, u8)) -> TypeHash {
    TypeHash::of(&description(one))
}

fn list(types: &BTreeMap<u8, u8>) -> TypeList {
    let types = types.iter();
    types
        .map(|(of, version)| (name(*of), hash((*of, *version))))
        .collect()
}

fn newcomer(peer: PeerId, start_id: u128, state: &State) -> Newcomer {
    Newcomer {
        identity: Identity::Peer(peer.clone()),
        start_id,
        resume: None,
        address: "192.0.2.1:7000".into(),
        subscriptions: Default::default(),
        seq: 0,
        durable: false,
        // Whoever is there gives way.
        replaces: state.get(&peer).map(|known| known.incarnation),
        peer,
    }
}

fn command(state: &State, peer: PeerId, ask: &Ask) -> Command {
    let incarnation = state
        .get(&peer)
        .map_or(Incarnation(1), |known| known.incarnation);
    match ask {
        Ask::Register { start_id } => Command::Register(newcomer(peer, *start_id, state)),
        Ask::Unregister => Command::Unregister { peer, incarnation },
        Ask::Decommission => Command::Decommission { peer },
        Ask::Describe(types) => Command::Describe {
            peer,
            incarnation,
            types: list(types),
        },
        Ask::Supply(supplied) => Command::Supply {
            peer,
            incarnation,
            descriptions: supplied.iter().copied().map(description).collect(),
        },
    }
}

fn peer(number: usize) -> PeerId {
    PeerId::new(&format!("Shop.{number}")).unwrap()
}

fn state(quotas: Quotas) -> State {
    State::new(ClusterId(7), quotas)
}

fn any_ask() -> impl Strategy<Value = Ask> {
    let types = btree_map(0..4_u8, 1..3_u8, 0..4);
    prop_oneof![
        // A start id that has left never comes back; so there are many.
        3 => (1..99_u128).prop_map(|start_id| Ask::Register { start_id }),
        1 => Just(Ask::Unregister),
        1 => Just(Ask::Decommission),
        5 => types.prop_map(Ask::Describe),
        5 => vec((0..4_u8, 1..3_u8), 0..3).prop_map(Ask::Supply),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_state_knows_the_types_that_the_model_knows(
        asks in vec((0..3_usize, any_ask()), 1..60),
    ) {
        let mut model = Model::default();
        let mut state = state(Quotas::default());
        let mut twin = state.clone();
        for (index, (number, ask)) in (1..).zip(asks) {
            let peer = peer(number);
            let command = command(&state, peer.clone(), &ask);
            let there = model.peers.contains_key(&peer);
            let (outcome, changes) = state.apply(index, command.clone(), 50);
            if matches!(&outcome, Outcome::Refused(Refusal::Left)) {
                prop_assert_eq!(twin.apply(index, command, 50), (outcome, changes));
                continue;
            }
            let taken = matches!(&ask, Ask::Supply(supplied) if model.takes(&peer, supplied));
            model.apply(&peer, &ask);
            match (&ask, &outcome) {
                (Ask::Describe(types), Outcome::Wanted(wanted)) => {
                    let lacking = types.iter().map(|(of, version)| (*of, *version));
                    let lacking = lacking.filter(|one| !model.supplied.contains(one));
                    prop_assert_eq!(wanted.clone(), lacking.map(hash).collect::<Vec<_>>());
                    prop_assert!(there && changes.is_empty());
                }
                (Ask::Describe(_), refused) => prop_assert!(!there, "{:?}", refused),
                (Ask::Supply(_), outcome) => {
                    prop_assert_eq!(outcome == &Outcome::Done, taken, "{:?}", outcome);
                }
                _ => {}
            }
            let listed: BTreeSet<_> = state
                .types_after("")
                .map(|known| (known.name, known.hash, known.peers))
                .collect();
            prop_assert_eq!(listed, model.listed());
            for one in &model.supplied {
                prop_assert_eq!(state.type_description(&hash(*one)), Some(&description(*one)));
            }
            prop_assert_eq!(twin.apply(index, command, 50), (outcome, changes));
            prop_assert_eq!(twin.hash(), state.hash());
        }
    }
}

#[test]
fn no_peer_fills_the_directory_with_its_types_alone() {
    let mut state = state(Quotas::default());
    let me = peer(0);
    let register = command(&state, me.clone(), &Ask::Register { start_id: 1 });
    state.apply(1, register, 50);
    let incarnation = state.get(&me).unwrap().incarnation;
    let long = |number: usize| {
        let mut described = TypeDescription::decode(&description((0, 1))).unwrap();
        described.name = format!("T.{number:04}");
        described.schema = Ok(TypeSchema {
            file: vec![0; 60_000].into(),
            message: "T".into(),
            reply: String::new(),
            errors: Vec::new(),
            routes: Vec::new(),
        });
        (described.name.clone(), described.encode())
    };
    let all: Vec<_> = (0..80).map(long).collect();
    let types = all.iter();
    let types = types.map(|(name, bytes)| (name.as_str(), TypeHash::of(bytes)));
    let describe = Command::Describe {
        peer: me.clone(),
        incarnation,
        types: types.collect(),
    };
    state.apply(2, describe, 50);
    let fits = TypeList::MAX_BYTES / all[0].1.len();
    for (number, (_, bytes)) in all.iter().enumerate() {
        let supply = Command::Supply {
            peer: me.clone(),
            incarnation,
            descriptions: vec![bytes.clone()],
        };
        let (outcome, _) = state.apply(3 + number as u64, supply, 50);
        assert_eq!(
            outcome == Outcome::Done,
            number < fits,
            "{number}: {outcome:?}"
        );
    }
    assert_eq!(state.types_after("").count(), fits);
}

#[test]
fn what_is_above_a_quota_is_refused_and_changes_nothing() {
    let quotas = Quotas {
        described_types: 3,
        description_bytes: description((0, 1)).len() * 2,
        ..Quotas::default()
    };
    let mut state = state(quotas);
    let three = BTreeMap::from([(0, 1), (1, 1), (2, 1)]);
    let ask = |state: &mut State, number, ask: Ask| {
        let command = command(state, peer(number), &ask);
        let index = state.index() + 1;
        state.apply(index, command, 50).0
    };
    for number in 0..2 {
        ask(&mut state, number, Ask::Register { start_id: 1 });
    }
    let told = ask(&mut state, 0, Ask::Describe(three.clone()));
    assert!(matches!(told, Outcome::Wanted(wanted) if wanted.len() == 3));
    let refused = ask(&mut state, 1, Ask::Describe([(0, 1)].into()));
    assert!(
        matches!(refused, Outcome::Refused(Refusal::Quota(_))),
        "{refused:?}"
    );
    let again = ask(&mut state, 0, Ask::Describe(three));
    assert!(
        matches!(again, Outcome::Wanted(_)),
        "what it has makes room for what it gets"
    );
    let refused = ask(&mut state, 0, Ask::Supply(vec![(0, 1), (1, 1), (2, 1)]));
    assert!(
        matches!(refused, Outcome::Refused(Refusal::Quota(_))),
        "{refused:?}"
    );
    assert_eq!(state.types_after("").count(), 0);
    assert_eq!(
        ask(&mut state, 0, Ask::Supply(vec![(0, 1), (1, 1)])),
        Outcome::Done
    );
    assert_eq!(ask(&mut state, 0, Ask::Supply(vec![(0, 1)])), Outcome::Done);
    assert_eq!(state.types_after("").count(), 2);
}
