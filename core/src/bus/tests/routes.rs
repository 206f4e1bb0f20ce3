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
