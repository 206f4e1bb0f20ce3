//! Peers that have said Hello and that the directory does not name: not yet, or no more.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::rig::*;
use crate::bus::Bus;
use crate::directory::Subscriptions;
use crate::id::Incarnation;
use crate::prelude::*;
use crate::testing::MemoryNetwork;

/// How long a stranger without a link is remembered.
const REMEMBERED: Duration = Duration::from_secs(30);

async fn happened(event: Happened, State(seen): State<mpsc::Sender<u64>>) {
    seen.send(event.number).await.unwrap();
}

/// `A.0` knows `B.0`, which has never heard of it.
async fn pair() -> (MemoryNetwork, Bus, Bus, mpsc::Receiver<u64>) {
    let net = MemoryNetwork::seeded(1);
    let (seen, events) = mpsc::channel(1_000);
    let b = Bus::builder("B.0").state(seen).handle(double);
    let b = b.handle(happened);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    tell(&b, 2, &[descriptor("B.0", Incarnation(1), wants(&b))]);
    b.authority().sweep();
    assert!(!knows(&b, &a));
    (net, a, b, events)
}

fn wants(bus: &Bus) -> Subscriptions {
    bus.inner().book().all()
}

fn knows(bus: &Bus, other: &Bus) -> bool {
    bus.authority().sweep();
    bus.inner().peers.get(other.peer()).is_some()
}

async fn publish(a: &Bus, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let place = "here".to_owned();
        a.publish(Happened { place, number }).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_a_dead_stranger() {
    let (net, a, b, _) = pair().await;
    assert_eq!(a.send(number(4)).await.unwrap().number, 8);
    net.kill("A.0");
    sleep(REMEMBERED).await;
    let begun = Instant::now();
    let stopped = b.stop(Duration::from_secs(20)).await;
    assert!(stopped.unwrap().is_clean());
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_a_stranger_that_may_still_come_back() {
    let (net, a, b, mut events) = pair().await;
    assert_eq!(a.send(number(4)).await.unwrap().number, 8);
    net.set_handshake_timeout(Duration::from_secs(1));
    net.partition(&["A.0"], &["B.0"]);
    publish(&a, 0..100).await;
    while b.inner().peers.get(a.peer()).unwrap().is_linked() {
        sleep(Duration::from_secs(1)).await;
    }
    let stopping = b.clone();
    let stopping = tokio::spawn(async move { stopping.stop(Duration::from_secs(60)).await });
    sleep(Duration::from_secs(5)).await;
    assert!(!stopping.is_finished());
    net.heal_all();
    assert!(stopping.await.unwrap().unwrap().is_clean());
    for number in 0..100 {
        assert_eq!(events.recv().await, Some(number));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stranger_is_forgotten_half_a_minute_after_its_last_link() {
    let (net, a, b, _) = pair().await;
    assert_eq!(a.send(number(4)).await.unwrap().number, 8);
    sleep(Duration::from_secs(40)).await;
    assert!(knows(&b, &a), "its link is there");
    net.kill("A.0");
    sleep(REMEMBERED - Duration::from_secs(1)).await;
    assert!(knows(&b, &a));
    sleep(Duration::from_secs(2)).await;
    assert!(!knows(&b, &a));
}

#[tokio::test(start_paused = true)]
async fn who_says_hello_before_the_directory_names_it_loses_nothing() {
    let (net, a, b, mut events) = pair().await;
    net.delay(Duration::from_millis(1)..=Duration::from_millis(5));
    publish(&a, 0..100).await;
    assert_eq!(events.recv().await, Some(0));
    assert_eq!(net.cut("A.0", "B.0"), 1);
    net.refuse_dials_to("B.0");
    sleep(REMEMBERED - Duration::from_secs(1)).await;
    assert!(knows(&b, &a));
    let me = descriptor("B.0", Incarnation(1), wants(&b));
    let other = descriptor("A.0", Incarnation(1), wants(&a));
    tell(&b, 3, &[other, me]);
    sleep(10 * REMEMBERED).await;
    assert!(knows(&b, &a), "the directory names it");
    net.accept_dials_to("B.0");
    publish(&a, 100..200).await;
    for number in 1..200 {
        let event = timeout(REMEMBERED, events.recv()).await;
        assert_eq!(event.expect("it is lost"), Some(number));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stranger_is_not_forgotten_while_messages_of_it_wait() {
    /// As many as the handler, its channel and its queue take, and some that stay in their lane.
    const EVENTS: u64 = 12_000;
    let (net, a, b, mut events) = pair().await;
    publish(&a, 0..EVENTS).await;
    // Time passes once all of them are where they stay.
    sleep(Duration::from_secs(1)).await;
    let queued = b.inner().dispatcher.held().1 as u64;
    assert!(1_000 + queued < EVENTS, "all of them are queued");
    net.kill("A.0");
    sleep(2 * REMEMBERED).await;
    assert!(knows(&b, &a), "its messages are lost");
    for number in 0..EVENTS {
        assert_eq!(events.recv().await, Some(number));
    }
    sleep(Duration::from_secs(1)).await;
    assert!(!knows(&b, &a), "nothing of it is left");
}

#[tokio::test(start_paused = true)]
async fn a_removed_peer_is_not_forgotten_while_messages_of_it_wait_and_none_overtakes_them() {
    /// Some of them stay in their lane.
    const FIRST: u64 = 12_000;
    const LAST: u64 = FIRST + 100;
    let (net, a, b, mut events) = pair().await;
    let [me, other] = [&b, &a].map(|bus| {
        let name = bus.peer().as_str().to_owned();
        descriptor(&name, Incarnation(1), wants(bus))
    });
    let both = [other, me.clone()];
    tell(&b, 3, &both);
    publish(&a, 0..FIRST).await;
    sleep(Duration::from_secs(1)).await;
    net.refuse_dials_to("B.0");
    assert_eq!(net.cut("A.0", "B.0"), 1);
    publish(&a, FIRST..LAST).await;
    tell(&b, 4, &[me]);
    sleep(REMEMBERED).await;
    assert!(knows(&b, &a), "its messages are lost");

    tell(&b, 5, &both);
    net.accept_dials_to("B.0");
    for number in 0..LAST {
        assert_eq!(events.recv().await, Some(number));
    }
}
