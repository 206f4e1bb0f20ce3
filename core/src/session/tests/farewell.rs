//! What a farewell names is all there is (R11).

use tokio::time::Instant;

use super::half::{LINK, link, session};
use super::outbound::{accept, pull_all};
use crate::session::control::{Ack, Control};
use crate::session::effects::{Action, Effects};
use crate::session::kind;
use crate::session::lane_id::LaneId;
use crate::session::session::Session;

const LANE: LaneId = LaneId::DEFAULT;

/// The number after the last message of the lane, as the farewell names it.
fn named(effects: Effects) -> u64 {
    let named = effects.actions.iter().find_map(|action| match action {
        Action::Send(_, Control::Farewell(lasts)) => Some(lasts),
        _ => None,
    });
    let (_, next) = named.expect("a farewell").first().expect("a lane");
    *next
}

fn taken(session: &mut Session, taken: u64) {
    let ack = Ack {
        lane: LANE,
        taken,
        credit: 8 << 20,
    };
    let _ = session.ack(LINK, ack).expect("legal");
}

#[test]
fn what_a_slow_receiver_has_missed_is_told_before_the_number_that_a_farewell_names() {
    let (mut session, lanes) = session("A.0", "B.0");
    link(&mut session, Instant::now());
    let mut full = 0;
    while lanes.out(LANE).has_log_room(10_000) {
        full = accept(&mut lanes.out(LANE), 10_000) + 1;
    }
    assert!(lanes.out(LANE).become_slow());
    (0..3).for_each(|_| lanes.out(LANE).skip_event());
    taken(&mut session, 1);
    pull_all(&mut lanes.out(LANE), LINK.0);
    let effects = session.goodbye(LINK);
    let wakes = effects.losses.wakers.len() + effects.actions.len();
    assert_eq!(
        wakes, 2,
        "the farewell, and the transport for what was missed"
    );
    assert_eq!(named(effects), full + 1);
    let told = pull_all(&mut lanes.out(LANE), LINK.0).concat();
    assert_eq!(told, [2, kind::MISSED, 3]);
    assert!(!lanes.out(LANE).is_slow() && !lanes.out(LANE).become_slow());

    lanes.out(LANE).skip_event();
    taken(&mut session, full);
    assert_eq!(lanes.out(LANE).next(), full + 1, "nothing follows");
    assert_eq!(named(session.goodbye(LINK)), full + 1, "said again");
    taken(&mut session, full + 1);
    assert_eq!(lanes.out(LANE).next(), full + 1, "nothing follows");
}
