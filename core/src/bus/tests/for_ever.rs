//! Whoever says that it waits for ever may do so: any duration is legal.

use std::time::Duration;

use super::rig::*;
use crate::bus::{Builder, Bus, Timings};
use crate::prelude::*;
use crate::testing::MemoryNetwork;

const FOR_EVER: Duration = Duration::MAX;

/// Is asked now or never.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Test", lane = "votes", unsequenced, reply = Doubled)]
struct Vote {
    #[prost(uint64, tag = "1")]
    term: u64,
}

async fn voted(vote: Vote) -> Doubled {
    let number = vote.term;
    Doubled { number }
}

async fn pair(net: &MemoryNetwork, a: Builder) -> (Bus, Bus) {
    let b = Bus::builder("B.0").handle(double).handle(voted);
    let started = start(net, [("A.0", a), ("B.0", b)]).await;
    started.try_into().map(|[a, b]: [Bus; 2]| (a, b)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_send_without_end_is_answered_as_any_other_whichever_way_it_goes() {
    let net = MemoryNetwork::seeded(1);
    let a = Bus::builder("A.0").send_timeout(FOR_EVER);
    let (a, b) = pair(&net, a).await;
    assert_eq!(a.send(number(1)).await.unwrap().number, 2);
    let sent = a
        .send(number(2))
        .timeout(FOR_EVER)
        .header("by", "the long way");
    assert_eq!(sent.await.unwrap().number, 4);
    let voted = a.send(Vote { term: 3 }).timeout(FOR_EVER).await;
    assert_eq!(voted.unwrap().number, 3);
    let tried = a.try_send(number(4)).unwrap();
    assert_eq!(tried.await.unwrap().number, 8);
    let to_itself = b.send(number(5)).to(b.peer()).timeout(FOR_EVER);
    assert_eq!(to_itself.await.unwrap().number, 10);
}

#[tokio::test(start_paused = true)]
async fn a_send_without_end_waits_for_room_for_as_long_as_it_takes() {
    let net = MemoryNetwork::seeded(1);
    net.refuse_dials_to("B.0");
    let (a, _b) = pair(&net, Bus::builder("A.0").send_timeout(FOR_EVER)).await;
    let big = || Double {
        number: 1,
        text: "x".repeat(100_000),
    };
    let mut sends = Vec::new();
    while let Ok(sending) = a.try_send(big()) {
        sends.push(sending);
    }
    let mut waits = Box::pin(a.send(big()));
    let a_day = Duration::from_secs(24 * 3600);
    assert!(tokio::time::timeout(a_day, &mut waits).await.is_err());
    net.accept_dials_to("B.0");
    assert_eq!(waits.await.unwrap().number, 2);
}

#[tokio::test(start_paused = true)]
async fn a_bus_with_the_longest_and_the_shortest_times_for_its_links_exchanges_all_the_same() {
    let longest = Timings {
        hello: FOR_EVER,
        bootstrap: FOR_EVER,
        ping_after: FOR_EVER,
        broken_after: FOR_EVER,
        idle: FOR_EVER,
        redial: Duration::from_millis(1),
        redial_max: FOR_EVER,
        ack_delay: FOR_EVER,
        slow_peer: FOR_EVER,
    };
    let shortest = Duration::ZERO;
    let shortest = Timings {
        ping_after: shortest,
        ack_delay: shortest,
        redial: shortest,
        redial_max: shortest,
        slow_peer: shortest,
        ..Timings::default()
    };
    for timings in [longest, shortest] {
        let net = MemoryNetwork::seeded(1);
        let (a, _b) = pair(&net, Bus::builder("A.0").timings(timings)).await;
        let sent = a.send(number(1)).timeout(FOR_EVER);
        assert_eq!(sent.await.unwrap().number, 2);
    }
}
