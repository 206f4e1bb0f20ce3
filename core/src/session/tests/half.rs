//! Half a lane that is made late is as one that was there from the beginning.

use std::sync::Arc;
use std::task::Waker;

use tokio::time::Instant;

use crate::id::{Incarnation, PeerId};
use crate::session::control::Control;
use crate::session::effects::Action;
use crate::session::lane_id::LaneId;
use crate::session::lane_names::LaneNames;
use crate::session::lanes::Lanes;
use crate::session::link_id::LinkId;
use crate::session::memory_budget::MemoryBudget;
use crate::session::outbound::Unaccepted;
use crate::session::outbound_end::Losses;
use crate::session::session::{Own, Session};

pub(super) const LINK: LinkId = LinkId(7);

pub(super) fn session(us: &str, them: &str) -> (Session, Arc<Lanes>) {
    let lanes = Arc::new(Lanes::new(LaneNames::new(), &MemoryBudget::default()));
    let own = Own {
        peer: PeerId::new(us).expect("legal"),
        environment: "test".into(),
        incarnation: Incarnation(1),
    };
    let them = PeerId::new(them).expect("legal");
    (Session::new(own, them, 1, lanes.clone()), lanes)
}

/// A session whose lanes are all made, or none of them.
fn dialler(early: bool) -> (Session, Arc<Lanes>) {
    let (session, lanes) = session("A.0", "B.0");
    for lane in LaneId::sequenced().filter(|_| early) {
        drop((lanes.out(lane), lanes.inn(lane)));
    }
    (session, lanes)
}

/// The two exchange Hellos on [`LINK`], which comes into use.
pub(super) fn link(session: &mut Session, now: Instant) {
    let (mut other, _) = self::session("B.0", "A.0");
    let hello = session.dialled(LINK, 1, now);
    other.accepted(LINK);
    let effects = other.hello(LINK, &hello, now).expect("legal");
    let answer = effects.actions.iter().find_map(|action| match action {
        Action::Send(_, Control::Hello(answer)) => Some(answer),
        _ => None,
    });
    let _ = session.hello(LINK, answer.expect("an answer"), now);
    assert_eq!(session.current(), Some(LINK));
}

/// All that a lane would do next, in words.
fn told(lanes: &Lanes, lane: LaneId) -> String {
    let mut chunks = Vec::new();
    let mut out = lanes.out(lane);
    let pulled = out.pull(LINK, &mut chunks, Waker::noop());
    let (refuses, epoch) = (out.refuses(), out.epoch());
    drop(out);
    let inn = lanes.inn(lane);
    let received = (inn.link, inn.epoch(), inn.taken());
    format!("{pulled:?} {chunks:?} {refuses:?} {epoch} {received:?}")
}

/// Does the same to both; then they are the same.
fn compare(act: impl Fn(&mut Session, &Lanes)) {
    let [(mut early, made), (mut late, unmade)] = [true, false].map(dialler);
    act(&mut early, &made);
    act(&mut late, &unmade);
    for lane in LaneId::sequenced() {
        assert!(unmade.out_if_used(lane).is_none(), "{lane:?}");
        assert!(unmade.inn_if_used(lane).is_none(), "{lane:?}");
    }
    assert_eq!(made.epoch(), unmade.epoch());
    for lane in LaneId::sequenced() {
        assert_eq!(told(&made, lane), told(&unmade, lane), "{lane:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lane_made_late_goes_on_where_its_session_is() {
    let now = Instant::now();
    compare(|_, _| {});
    compare(|session, _| link(session, now));
    compare(|session, _| {
        link(session, now);
        let _ = session.link_ended(LINK);
    });
    compare(|session, _| {
        link(session, now);
        let _ = session.replica_shows(Incarnation(2));
    });
    compare(|session, _| {
        let _ = session.go_down();
    });
    compare(|session, _| {
        let _ = session.go_down();
        session.come_up();
    });
    compare(|session, _| {
        link(session, now);
        let _ = session.goodbye(LINK);
    });
    compare(|_, lanes| {
        let mut losses = Losses::default();
        lanes.stop(&mut losses);
    });
    compare(|session, _| drop(session.forget()));
    compare(|session, _| {
        drop(session.forget());
        link(session, now);
    });
    compare(|_, lanes| lanes.let_go());
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_a_down_peer_never_had_takes_nothing_and_its_outcomes_do() {
    let (mut session, lanes) = dialler(false);
    let _ = session.go_down();
    assert_eq!(lanes.out(LaneId::DEFAULT).refuses(), Some(Unaccepted::Down));
    assert_eq!(lanes.out(LaneId::OUTCOMES).refuses(), None);
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_peer_s_lanes_take_nothing_whatever_comes_of_it_later() {
    let now = Instant::now();
    for early in [true, false] {
        let (mut session, lanes) = dialler(early);
        let _ = session.forget();
        session.come_up();
        link(&mut session, now);
        let _ = session.replica_shows(Incarnation(2));
        for lane in LaneId::sequenced() {
            assert_eq!(lanes.out(lane).refuses(), Some(Unaccepted::Down));
        }
    }
}

#[test]
fn who_comes_while_a_peer_is_being_forgotten_enters_no_lane_that_has_ended() {
    let (mut session, lanes) = dialler(true);
    // Forgetting stands still before the last lane.
    let held = LaneId::sequenced().last().map(|last| lanes.out(last));
    let forgetting = std::thread::spawn(move || drop(session.forget()));
    let refused = loop {
        let out = lanes.out(LaneId::DEFAULT);
        if out.epoch() > 0 || out.refuses().is_some() {
            break out.refuses();
        }
        drop(out);
        std::thread::yield_now();
    };
    drop(held);
    forgetting.join().expect("it ends");
    assert_eq!(refused, Some(Unaccepted::Down));
}
