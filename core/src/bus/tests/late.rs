//! What finds room only while its process ends a stop (promise 28).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

use super::rig::*;
use crate::bus::Bus;
use crate::bus::stop::unseal;
use crate::directory::PeerState;
use crate::id::Incarnation;
use crate::prelude::*;
use crate::testing::MemoryNetwork;

const STOPS: Duration = Duration::from_secs(20);

#[tokio::test(start_paused = true)]
async fn what_finds_room_while_a_stop_ends_is_told_or_delivered() {
    async fn hear(_: Happened, State(gate): State<Arc<Semaphore>>) {
        gate.acquire().await.unwrap().forget();
    }
    for offset in 0..12 {
        let gate = Arc::new(Semaphore::new(0));
        let net = MemoryNetwork::seeded(1);
        net.delay(Duration::from_millis(30)..=Duration::from_millis(30));
        let b = Bus::builder("B.0").state(gate.clone()).handle(hear);
        let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)]).await;
        let [a, b] = buses.try_into().unwrap();
        // Two of them are more than a lane holds.
        let event = |number| Happened {
            place: "x".repeat(4_000_000),
            number,
        };
        let mut queued = 0;
        let mut waits = loop {
            let mut waits = Box::pin(a.publish(event(queued)));
            match timeout(Duration::from_millis(300), &mut waits).await {
                Ok(published) => queued += published.unwrap().queued as u64,
                Err(_) => break waits,
            }
        };
        let stopping = a.clone();
        let stopped = tokio::spawn(async move { stopping.stop(STOPS).await });
        gate.add_permits(1_000);
        while a.peers().iter().any(|it| it.exchange.waiting > 0) {
            sleep(Duration::from_millis(1)).await;
        }
        sleep(Duration::from_millis(offset)).await;
        queued += waits.as_mut().await.unwrap().queued as u64;
        stopped.await.unwrap().unwrap();
        sleep(Duration::from_secs(1)).await;
        assert_eq!(b.received().handled, queued, "{offset}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_finds_room_in_its_own_process_while_that_stops_is_told_or_handled() {
    async fn hear(_: Happened, State((gate, ended)): State<(Arc<Semaphore>, Arc<Semaphore>)>) {
        gate.acquire().await.unwrap().forget();
        ended.add_permits(1);
    }
    let (gate, ended) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let net = MemoryNetwork::seeded(1);
    let a = Bus::builder("A.0")
        .state((gate.clone(), ended.clone()))
        .handle(hear);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    let event = || Happened {
        place: String::new(),
        number: 1,
    };
    let mut queued = 0;
    let mut waits = loop {
        let mut waits = Box::pin(a.publish(event()));
        match timeout(Duration::from_millis(10), &mut waits).await {
            Ok(published) => queued += published.unwrap().queued,
            Err(_) => break waits,
        }
    };
    let stopping = a.clone();
    let stopped = tokio::spawn(async move { stopping.stop(STOPS).await });
    // For those, and not for one that comes late.
    gate.add_permits(queued);
    while ended.available_permits() < queued {
        sleep(Duration::from_millis(1)).await;
    }
    // It has been called, and comes when the stop has seen that nothing is left.
    sleep(Duration::from_millis(5)).await;
    queued += waits.as_mut().await.unwrap().queued;
    stopped.await.unwrap().unwrap();
    assert_eq!(ended.available_permits(), queued);
}

#[tokio::test(start_paused = true)]
async fn what_was_given_up_for_who_is_down_keeps_no_stop_from_ending() {
    async fn hear(_: Happened) {}
    let net = MemoryNetwork::seeded(1);
    net.refuse_dials_to("B.0");
    let b = Bus::builder("B.0").handle(hear);
    let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)]).await;
    let [a, b] = buses.try_into().unwrap();
    let event = Happened {
        place: String::new(),
        number: 1,
    };
    assert_eq!(a.publish(event).await.unwrap().queued, 1);
    let mut down = Arc::unwrap_or_clone(descriptor("B.0", Incarnation(1), b.inner().book().all()));
    down.state = PeerState::Down;
    tell(&a, 2, &[Arc::new(down)]);
    let begun = Instant::now();
    a.stop(STOPS).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn what_comes_between_two_looks_of_a_stop_is_taken_when_that_goes_on() {
    async fn hear(_: Happened) {}
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(hear);
    let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)]).await;
    let [a, b] = buses.try_into().unwrap();
    let event = || Happened {
        place: String::new(),
        number: 1,
    };
    assert!(b.inner().dispatcher.seal());
    a.publish(event()).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let waits = |bus: &Bus| bus.peers().iter().any(|it| it.exchange.waiting > 0);
    assert!(waits(&a) && b.received().handled == 0);
    unseal(b.inner());
    let taken = async {
        while waits(&a) {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(STOPS, taken).await.expect("nobody takes it");
    assert_eq!(b.received().handled, 1);
}

#[tokio::test(start_paused = true)]
async fn a_stop_takes_what_came_while_one_before_it_had_sealed_and_was_dropped() {
    async fn hear(_: Happened) {}
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(hear);
    let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)]).await;
    let [a, b] = buses.try_into().unwrap();
    assert!(b.inner().dispatcher.seal());
    a.publish(Happened {
        place: String::new(),
        number: 1,
    })
    .await
    .unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(b.received().handled, 0);
    b.stop(STOPS).await.unwrap();
    assert_eq!(b.received().handled, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_acknowledged_that_comes_once_a_stop_waits_for_nothing_more() {
    async fn hear(_: Happened, State(gate): State<Arc<Semaphore>>) {
        gate.acquire().await.unwrap().forget();
    }
    let gate = Arc::new(Semaphore::new(1));
    let net = MemoryNetwork::seeded(1);
    net.delay(Duration::from_millis(4)..=Duration::from_millis(4));
    let b = Bus::builder("B.0").state(gate.clone()).handle(hear);
    let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)]).await;
    let [a, b] = buses.try_into().unwrap();
    let event = |number| Happened {
        place: String::new(),
        number,
    };
    let waits = |bus: &Bus| bus.peers().iter().any(|it| it.exchange.waiting > 0);
    a.publish(event(1)).await.unwrap();
    while waits(&a) {
        sleep(Duration::from_millis(1)).await;
    }
    // The directory takes one for dead that lives, and is still linked: no stop waits for it.
    let mut dead = descriptor("A.0", Incarnation(1), Default::default());
    Arc::make_mut(&mut dead).state = PeerState::Down;
    let me = descriptor("B.0", Incarnation(1), b.inner().book().all());
    tell(&b, 2, &[me, dead]);
    a.publish(event(2)).await.unwrap();
    b.stop(STOPS).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert!(
        waits(&a),
        "it was acknowledged, and its handler did not end"
    );
}
