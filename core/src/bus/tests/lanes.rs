//! Promise 17: no lane is stuck behind another.

use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::rig::*;
use crate::bus::Bus;
use crate::id::PeerId;
use crate::prelude::*;
use crate::testing::MemoryNetwork;

/// Travels in a lane of its own.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Test", lane = "bulk")]
struct Bulk {
    #[prost(bytes = "vec", tag = "1")]
    body: Vec<u8>,
}

#[tokio::test(start_paused = true)]
async fn a_lane_whose_handler_stands_still_holds_its_own_senders_and_nobody_else() {
    async fn frozen(_: Bulk, State(gate): State<Arc<Semaphore>>) {
        gate.acquire().await.unwrap().forget();
    }
    let net = MemoryNetwork::seeded(1);
    let gate = Arc::new(Semaphore::new(0));
    let b = Bus::builder("B.0")
        .state(gate.clone())
        .handle(frozen)
        .handle(double);
    let [a, _b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let publisher = a.clone();
    let full = tokio::spawn(async move {
        let body = vec![7; 32 << 10];
        let mut queued = 0;
        while publisher
            .publish(Bulk { body: body.clone() })
            .await
            .unwrap()
            .missed
            == 0
        {
            queued += 1;
        }
        queued
    });
    for n in 0..2_000 {
        let sent = a.send(number(n)).timeout(Duration::from_secs(1)).await;
        assert_eq!(sent, Ok(Doubled { number: 2 * n }));
    }
    // It is full in the end: its receiver was called slow.
    assert!(full.await.unwrap() > 256);
    assert_eq!(
        a.send(number(1)).timeout(Duration::from_secs(1)).await,
        Ok(Doubled { number: 2 })
    );
    gate.add_permits(1_000_000);
}

/// Promise 20: at most 65,536 sends of a lane are in progress; the others wait for a place.
#[tokio::test(start_paused = true)]
async fn sends_beyond_those_that_may_be_in_progress_wait_for_a_place_and_all_end() {
    const PLACES: usize = 65_536;
    async fn gated(
        command: Double,
        State(gate): State<Arc<Semaphore>>,
    ) -> crate::Result<Doubled, DoubleError> {
        drop(gate.acquire().await.unwrap());
        double(command).await
    }
    let net = MemoryNetwork::seeded(1);
    let gate = Arc::new(Semaphore::new(0));
    let b = Bus::builder("B.0").state(gate.clone()).handle(gated);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let peer = a
        .inner()
        .peers
        .get(&PeerId::new("B.0").unwrap())
        .expect("it was told");
    let mut sends = tokio::task::JoinSet::new();
    for n in 0..PLACES as u64 + 1_000 {
        let a = a.clone();
        sends.spawn(async move {
            let sent = a.send(number(n)).timeout(Duration::from_secs(600)).await;
            assert_eq!(sent, Ok(Doubled { number: 2 * n }));
        });
    }
    while peer.in_flight() < PLACES {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Nothing moves any more: 1,000 wait, and nobody's place is free.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(peer.in_flight(), PLACES);
    gate.add_permits(1);
    sends.join_all().await;
    assert_eq!(
        (peer.in_flight(), b.received().handled),
        (0, PLACES as u64 + 1_000)
    );
}

#[tokio::test(start_paused = true)]
async fn a_lane_whose_reading_panics_goes_on_on_the_next_link() {
    /// Is woken where the lane of outcomes is read.
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("as asked");
        }
    }
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(double);
    let [a, _b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let mut rude = Box::pin(a.send(number(1)));
    let waker = Waker::from(Arc::new(Panics));
    let first = rude.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(first.is_pending());
    let peer = a.inner().peers.get(&PeerId::new("B.0").unwrap()).unwrap();
    while peer.in_flight() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(a.send(number(2)).await, Ok(Doubled { number: 4 }));
    assert_eq!(rude.await, Ok(Doubled { number: 2 }));
}
