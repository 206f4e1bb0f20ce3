//! Credit between two links: when it may be taken back, and who heeds that.

use std::sync::Arc;

use tokio::time::Instant;

use super::parked_memory::Stream;
use crate::id::{IdTail, Incarnation, PeerId};
use crate::session::hello::{Hello, LanePosition, Memory, VERSION};
use crate::session::lane_id::LaneId;
use crate::session::lane_names::LaneNames;
use crate::session::lanes::Lanes;
use crate::session::link_id::LinkId;
use crate::session::memory_budget::MemoryBudget;
use crate::session::outbound::LANE_COST;
use crate::session::session::{Own, Session};
use crate::session::window::LANE_SHARE;

const LANE: LaneId = LaneId::DEFAULT;
const US: Incarnation = Incarnation(1);

fn peer(name: &str) -> PeerId {
    PeerId::new(name).expect("a legal name")
}

/// Our side of a session with the peer of the greater name, whose own dials lose against ours.
fn session(budget: &MemoryBudget) -> Session {
    let own = Own {
        peer: peer("Shop.0"),
        environment: "test".into(),
        incarnation: US,
    };
    let lanes = Arc::new(Lanes::new(LaneNames::new(), budget));
    Session::new(own, peer("Shop.1"), 1, lanes)
}

/// What the other side says on a link: nothing was taken in the lane, and so much credit.
fn hello(dial: u64, credit: u64) -> Hello {
    Hello {
        version: VERSION,
        environment: "test".into(),
        peer: peer("Shop.1"),
        incarnation: Incarnation(1),
        dial,
        ended: 0,
        mine: 1,
        yours: Some(Memory {
            incarnation: US,
            number: 1,
        }),
        tail: IdTail::of_this_process(),
        positions: vec![LanePosition {
            lane: LANE,
            arrived: 0,
            taken: 0,
            credit,
        }],
    }
}

/// Dials; the other side answers.
fn link(session: &mut Session, dial: u64, credit: u64) -> LinkId {
    let link = LinkId(dial);
    let now = Instant::now();
    session.dialled(link, dial, now);
    let answer = hello(dial, credit);
    let effects = session.hello(link, &answer, now).expect("a legal Hello");
    assert_eq!(
        (session.current(), effects.session_ended),
        (Some(link), false)
    );
    link
}

#[test]
fn unused_credit_goes_when_the_last_link_has_gone_and_no_dial_is_left() {
    let budget = MemoryBudget::default();
    let mut session = session(&budget);
    let first = link(&mut session, 1, LANE_SHARE);
    let mut stream = Stream::new();
    let now = Instant::now();
    while budget.taken() == 0 {
        let mut inn = session.lanes.inn(LANE);
        let before = inn.taken();
        while inn.arrived - before < LANE_SHARE / 128 {
            assert!(stream.receive(&mut inn, 32));
        }
        while inn.front().is_some() {
            inn.take(usize::MAX);
        }
        inn.review(now);
        assert!(inn.due_ack(first).is_some());
    }
    let held = budget.taken();
    let second = LinkId(2);
    session.dialled(second, 2, now);
    drop(session.link_ended(first));
    session.rest();
    assert_eq!(budget.taken(), held, "the dial has told of it");
    drop(session.link_ended(second));
    session.rest();
    assert_eq!(budget.taken(), 0);
    let told = session.dialled(LinkId(3), 3, now);
    assert_eq!(told.positions[0].credit, LANE_SHARE);
}

#[test]
fn credit_is_what_the_hello_of_the_link_in_use_said_and_no_other() {
    let mut session = session(&MemoryBudget::default());
    let credit = |session: &Session| session.lanes.out(LANE).credit();
    let first = link(&mut session, 1, LANE_COST);
    assert_eq!(credit(&session), LANE_COST);
    drop(session.link_ended(first));
    let now = Instant::now();
    link(&mut session, 2, LANE_SHARE);
    assert_eq!(credit(&session), LANE_SHARE);
    // One of theirs, that loses, was told before: on its way it was overtaken.
    let late = LinkId(9);
    session.accepted(late);
    let effects = session.hello(late, &hello(1, LANE_COST), now);
    assert!(effects.is_ok_and(|effects| !effects.session_ended));
    assert_eq!(
        (session.current(), credit(&session)),
        (Some(LinkId(2)), LANE_SHARE)
    );
}
