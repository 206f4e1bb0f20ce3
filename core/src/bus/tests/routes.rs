//! What a message's routes remember.

use super::rig::*;
use crate::bus::Bus;
use crate::bus::scratch::Scratch;
use crate::directory::Subscriptions;
use crate::id::Incarnation;
use crate::testing::MemoryNetwork;

fn recipients(bus: &Bus) -> usize {
    let scratch = Scratch::route(bus.inner(), &number(1));
    let count = scratch.recipients().len();
    scratch.put_back();
    count
}

#[tokio::test(start_paused = true)]
async fn a_known_route_holds_for_one_bus_until_its_next_change() {
    let net = MemoryNetwork::seeded(1);
    let (a, b) = (Bus::builder("A.0"), Bus::builder("B.0").handle(double));
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let [alone] = start(&net, [("C.0", Bus::builder("C.0"))])
        .await
        .try_into()
        .unwrap();
    for _ in 0..2 {
        assert_eq!(
            (recipients(&a), recipients(&b), recipients(&alone)),
            (1, 1, 0)
        );
    }
    let nothing = Subscriptions::default();
    tell(&a, 2, &[descriptor("B.0", Incarnation(1), nothing)]);
    assert_eq!((recipients(&a), recipients(&b)), (0, 1));
}

/// There was a gap between the routes of the two runs, in which events found nobody.
#[tokio::test(start_paused = true)]
async fn what_both_runs_of_a_peer_want_is_routed_to_it_all_the_time() {
    let net = MemoryNetwork::seeded(2);
    let (a, b) = (Bus::builder("A.0"), Bus::builder("B.0").handle(double));
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let version = || a.inner().replica.routes().version();
    let wants = || b.authority().subscriptions();
    let before = version();
    tell(&a, 2, &[descriptor("B.0", Incarnation(2), wants())]);
    assert_eq!((recipients(&a), version()), (1, before));
    let nothing = Subscriptions::default();
    tell(&a, 3, &[descriptor("B.0", Incarnation(3), nothing)]);
    assert_eq!(recipients(&a), 0);
    tell(&a, 4, &[descriptor("B.0", Incarnation(4), wants())]);
    assert_eq!(recipients(&a), 1);
}
