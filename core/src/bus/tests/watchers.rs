//! Who watches the other peers: woken while nothing is locked, and told in the order of the changes.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::missed::ends;
use super::rig::*;
use crate::bus::Bus;
use crate::directory::ViewEvent;
use crate::id::{ClusterId, Incarnation, Revision};
use crate::testing::MemoryNetwork;

async fn alone() -> Bus {
    let net = MemoryNetwork::seeded(1);
    let started = start(&net, [("A.0", Bus::builder("A.0"))]).await;
    let [a] = started.try_into().unwrap();
    a
}

/// Tells a bus that these are there.
fn show(bus: &Bus, index: u64, names: &[&str]) {
    let peer = |name: &&str| descriptor(name, Incarnation(1), Default::default());
    let peers: Vec<_> = names.iter().map(peer).collect();
    tell(bus, index, &peers);
}

/// Acts when it is woken for the first time.
struct Acting<F>(AtomicBool, F);

impl<F: Fn() + Send + Sync + 'static> Acting<F> {
    fn waker(act: F) -> Waker {
        Arc::new(Self(AtomicBool::new(false), act)).into()
    }
}

impl<F: Fn() + Send + Sync + 'static> Wake for Acting<F> {
    fn wake(self: Arc<Self>) {
        if !self.0.swap(true, Ordering::SeqCst) {
            (self.1)();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_change_of_the_replica_is_woken_while_nothing_is_locked() {
    let a = alone().await;
    let mut events = a.peer_events();
    let replica = a.inner().replica.clone();
    let third = Revision {
        cluster: ClusterId(1),
        index: 3,
        sub: 0,
    };
    let event = async { drop(events.next().await) };
    let waits: [Pin<Box<dyn Future<Output = ()>>>; 2] =
        [Box::pin(event), Box::pin(replica.reaches(third))];
    let peers = ["A.0", "B.0", "C.0"];
    for (mut waits, there) in waits.into_iter().zip(2..) {
        let could = Arc::new(AtomicBool::new(false));
        let (can, asked) = (could.clone(), a.clone());
        let waker = Acting::waker(move || {
            let (asked, (answers, answer)) = (asked.clone(), std::sync::mpsc::channel());
            std::thread::spawn(move || answers.send(asked.peers().len()));
            let answer = answer.recv_timeout(Duration::from_secs(5));
            can.store(answer == Ok(there), Ordering::SeqCst);
        });
        let polled = waits.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        show(&a, there as u64, &peers[..there]);
        assert!(could.load(Ordering::SeqCst), "something was locked");
        timeout(Duration::from_secs(60), waits).await.unwrap();
    }
}

#[test]
fn who_makes_a_change_while_it_is_woken_for_another_hears_of_both_in_their_order() {
    ends(async || {
        let a = alone().await;
        let mut events = a.peer_events();
        let changes = a.clone();
        let waker = Acting::waker(move || show(&changes, 3, &["A.0", "C.0"]));
        let mut next = Box::pin(events.next());
        let polled = next.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        drop(next);
        show(&a, 2, &["A.0", "B.0", "C.0"]);
        let mut seen = Vec::new();
        while let Ok(event) = timeout(Duration::from_secs(1), events.next()).await {
            let event = event.unwrap();
            let gone = matches!(event, crate::bus::PeerEvent::View(ViewEvent::Removed(_)));
            seen.push((event.descriptor().unwrap().peer.to_string(), gone));
        }
        let of = |name: &str, gone| (name.to_owned(), gone);
        assert_eq!(seen, [of("B.0", false), of("C.0", false), of("B.0", true)]);
    });
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_change_hears_that_the_bus_has_gone() {
    let a = alone().await;
    let mut events = a.peer_events();
    let last = tokio::spawn(async move { events.next().await.is_none() });
    sleep(Duration::from_millis(1)).await;
    drop(a);
    assert!(
        timeout(Duration::from_secs(60), last)
            .await
            .unwrap()
            .unwrap()
    );
}

#[tokio::test(start_paused = true)]
async fn who_listens_hears_the_end_of_a_bus_that_has_stopped_and_is_still_held() {
    let a = alone().await;
    let mut events = a.peer_events();
    let heard_the_end = tokio::spawn(async move { while events.next().await.is_some() {} });
    a.stop(Duration::from_secs(5)).await.unwrap();
    let heard_the_end = timeout(Duration::from_secs(60), heard_the_end);
    heard_the_end.await.expect("it listens for ever").unwrap();
    assert!(a.peer_events().next().await.is_none());
}
