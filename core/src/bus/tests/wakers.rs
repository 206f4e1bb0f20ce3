//! A waker is code of whoever polls, and may panic: that is its own loss and nobody else's.

use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::log_hook::whenever_logged;
use super::rig::*;
use crate::bus::{Bus, SendError};
use crate::id::Incarnation;
use crate::testing::MemoryNetwork;

struct Panicking;

impl Wake for Panicking {
    fn wake(self: Arc<Self>) {
        panic!("as asked");
    }
}

/// Polls once, with a waker that panics.
fn poll_badly(future: &mut (impl Future + Unpin)) {
    let waker = Waker::from(Arc::new(Panicking));
    let polled = std::pin::Pin::new(future).poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
}

/// `A.0` and `B.0`, which answers, once it may be dialled.
async fn apart() -> (MemoryNetwork, Bus, Bus) {
    let net = MemoryNetwork::seeded(1);
    net.refuse_dials_to("B.0");
    let b = Bus::builder("B.0").handle(double);
    let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)]).await;
    let [a, b] = buses.try_into().unwrap();
    (net, a, b)
}

#[tokio::test(start_paused = true)]
async fn a_sender_whose_waker_panics_does_not_end_the_queue_that_answers_it() {
    let net = MemoryNetwork::seeded(1);
    let a = Bus::builder("A.0").handle(double);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    // A reply, and an outcome that is told when the handler has panicked.
    for text in ["", "panic"] {
        let text = text.to_owned();
        let mut bad = Box::pin(a.send(Double { number: 1, text }));
        poll_badly(&mut bad);
        assert_eq!(a.send(number(2)).await.unwrap().number, 4);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sender_whose_waker_panics_keeps_no_outcome_from_those_beside_it() {
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(double);
    let [a, _b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let mut bad = Box::pin(a.send(number(1)));
    poll_badly(&mut bad);
    // These go with it, and their outcomes come with its own.
    let mut good = JoinSet::new();
    for n in 0..20 {
        let sending = a.send(number(n));
        good.spawn(async move { sending.await.unwrap().number });
    }
    let replies = timeout(Duration::from_secs(60), good.join_all())
        .await
        .unwrap();
    assert_eq!(replies.iter().sum::<u64>(), 2 * (0..20).sum::<u64>());
    assert_eq!(bad.await.unwrap().number, 2, "it came all the same");
    let links = a.inner().peers.shared().numbers.links();
    assert_eq!(links, 1, "the link that brought it stays");
}

#[tokio::test(start_paused = true)]
async fn a_sender_whose_waker_and_whose_log_panic_stops_no_clock() {
    let (_net, a, _b) = apart().await;
    let _hook = whenever_logged("wakers panicked", || panic!("as asked"));
    let mut bad = Box::pin(a.send(number(1)).timeout(Duration::from_secs(1)));
    poll_badly(&mut bad);
    for seconds in [2, 1] {
        let good = a.send(number(2)).timeout(Duration::from_secs(seconds));
        let ended = timeout(Duration::from_secs(60), good).await;
        let timed_out = Err(SendError::TimedOut { sent: false });
        assert_eq!(ended.expect("the clock stands still"), timed_out);
    }
}

#[tokio::test(start_paused = true)]
async fn a_watcher_whose_waker_panics_keeps_no_event_of_peers_from_those_beside_it() {
    let net = MemoryNetwork::seeded(1);
    let [a] = start(&net, [("A.0", Bus::builder("A.0"))])
        .await
        .try_into()
        .unwrap();
    let mut bad = a.peer_events();
    poll_badly(&mut Box::pin(bad.next()));
    let mut good = a.peer_events();
    let good = tokio::spawn(async move { good.next().await.is_some() });
    tokio::time::sleep(Duration::from_millis(1)).await;
    let peers = ["A.0", "B.0"].map(|name| descriptor(name, Incarnation(1), Default::default()));
    tell(&a, 2, &peers);
    let heard = timeout(Duration::from_secs(60), good).await;
    assert!(heard.unwrap().unwrap());
    assert!(bad.next().await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_sender_whose_waker_panics_ends_nobody_who_leaves_room_to_it() {
    let (net, a, _b) = apart().await;
    let command = || Double {
        number: 1,
        text: "x".repeat(100_000),
    };
    let mut sent = JoinSet::new();
    while let Ok(sending) = a.try_send(command()) {
        sent.spawn(sending);
    }
    // The one that is called first has to call the other.
    let sending = a.send(command());
    sent.spawn(sending.into_future());
    tokio::time::sleep(Duration::from_millis(1)).await;
    let mut bad = Box::pin(a.send(command()));
    poll_badly(&mut bad);
    net.accept_dials_to("B.0");
    for replied in sent.join_all().await {
        assert_eq!(replied.unwrap().number, 2);
    }
    assert_eq!(bad.await.unwrap().number, 2);
}
