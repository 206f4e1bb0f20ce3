//! Stopping while others send, and while this process does (promises 13 and 28).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::rig::*;
use crate::bus::{Bus, SendError};
use crate::prelude::*;
use crate::testing::MemoryNetwork;

/// More than may wait for their outcome, so that many wait for room.
const MANY: u64 = 80_000;

async fn gated(
    command: Double,
    State(gate): State<Arc<Semaphore>>,
) -> crate::Result<Doubled, DoubleError> {
    gate.acquire().await.unwrap().forget();
    double(command).await
}

async fn pair(gate: &Arc<Semaphore>) -> (MemoryNetwork, Bus, Bus) {
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").state(gate.clone()).handle(gated);
    let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)]).await;
    let [a, b] = buses.try_into().unwrap();
    (net, a, b)
}

fn send_many(bus: &Bus) -> JoinSet<Result<Doubled, SendError<DoubleError>>> {
    let mut sends = JoinSet::new();
    for n in 0..MANY {
        sends.spawn(bus.send(number(n)));
    }
    sends
}

/// Waits for all of them, and counts the replies.
async fn replies(
    sends: JoinSet<Result<Doubled, SendError<DoubleError>>>,
    fine: impl Fn(&SendError<DoubleError>) -> bool,
) -> u64 {
    let all = timeout(Duration::from_secs(10), sends.join_all()).await;
    let all = all.expect("a send hangs");
    assert_eq!(all.len() as u64, MANY);
    let mut replies = 0;
    for outcome in all {
        match outcome {
            Ok(_) => replies += 1,
            Err(error) => assert!(fine(&error), "{error:?}"),
        }
    }
    replies
}

#[tokio::test(start_paused = true)]
async fn every_send_in_progress_ends_when_its_own_bus_stops() {
    let gate = Arc::new(Semaphore::new(0));
    let (_net, a, b) = pair(&gate).await;
    let sends = send_many(&a);
    while b.received().handled == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    let stopped = a.stop(Duration::from_millis(500)).await;
    assert!(stopped.unwrap_err().0.ended_sends > 0);
    let replied = replies(sends, |error| matches!(error, SendError::Stopped { .. })).await;
    assert_eq!(replied, 0);
}

#[tokio::test(start_paused = true)]
async fn every_send_in_progress_ends_when_its_receiver_stops() {
    let gate = Arc::new(Semaphore::new(0));
    let (_net, a, b) = pair(&gate).await;
    let sends = send_many(&a);
    while b.received().handled == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    gate.add_permits(MANY as usize);
    assert!(b.stop(Duration::from_secs(20)).await.unwrap().is_clean());
    // What was accepted is answered, what waited for room was not handled.
    let replied = replies(sends, |error| matches!(error, SendError::Draining { .. })).await;
    assert_eq!(replied, b.received().handled);
    drop(a);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_outcomes_of_what_its_own_process_has_sent() {
    let gate = Arc::new(Semaphore::new(0));
    let (_net, a, b) = pair(&gate).await;
    let sending = tokio::spawn(a.send(number(4)));
    while b.received().handled == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    let stopping = a.clone();
    let stopping = tokio::spawn(async move { stopping.stop(Duration::from_secs(5)).await });
    sleep(Duration::from_millis(500)).await;
    assert_eq!(
        a.send(number(1)).await,
        Err(SendError::Draining {
            peer: a.peer().clone()
        })
    );
    gate.add_permits(1);
    assert_eq!(sending.await.unwrap(), Ok(Doubled { number: 8 }));
    assert!(stopping.await.unwrap().unwrap().is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_stop_keeps_its_deadline_and_names_a_peer_that_hears_nothing() {
    let gate = Arc::new(Semaphore::new(1));
    let (net, a, b) = pair(&gate).await;
    assert_eq!(a.send(number(4)).await, Ok(Doubled { number: 8 }));
    net.black_hole("B.0", "A.0");
    let begun = Instant::now();
    let report = b.stop(Duration::from_secs(3)).await.unwrap_err().0;
    assert!(begun.elapsed() < Duration::from_millis(3_100));
    assert_eq!(report.unanswered, [a.peer().clone()]);
}

#[tokio::test(start_paused = true)]
async fn who_comes_while_a_stop_waits_is_told_as_well() {
    let gate = Arc::new(Semaphore::new(0));
    let net = MemoryNetwork::seeded(1);
    let [a, b, c] = ["A.0", "B.0", "C.0"].map(|name| (name, Bus::builder(name)));
    let b = (b.0, b.1.state(gate.clone()).handle(gated));
    let [a, b, c] = start(&net, [a, b, c]).await.try_into().unwrap();
    let sending = tokio::spawn(a.send(number(4)));
    while b.received().handled == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    let stopping = b.clone();
    let stopping = tokio::spawn(async move { stopping.stop(Duration::from_secs(20)).await });
    sleep(Duration::from_millis(100)).await;
    // Its replica knows of no drain, and it has never been linked.
    let late = tokio::spawn(c.send(number(5)));
    while b.received().handled == 1 {
        sleep(Duration::from_millis(1)).await;
    }
    sleep(Duration::from_millis(500)).await;
    assert_eq!(
        c.send(number(6)).await,
        Err(SendError::Draining {
            peer: b.peer().clone()
        })
    );
    gate.add_permits(2);
    assert_eq!(sending.await.unwrap(), Ok(Doubled { number: 8 }));
    assert_eq!(late.await.unwrap(), Ok(Doubled { number: 10 }));
    assert!(stopping.await.unwrap().unwrap().is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_not_ok_while_somebody_lacks_what_was_accepted_for_him() {
    async fn hear(_: Happened) {}
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(hear);
    let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)]).await;
    let [a, b] = buses.try_into().unwrap();
    // They have never met, and don't now.
    net.black_hole("A.0", "B.0");
    let event = Happened {
        place: "here".into(),
        number: 1,
    };
    assert_eq!(a.publish(event).await.unwrap().queued, 1);
    let report = a.stop(Duration::from_secs(3)).await.unwrap_err().0;
    assert_eq!(report.unacknowledged, [b.peer().clone()]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_no_answer_of_a_peer_that_has_stopped_although_nobody_tells_of_it() {
    let gate = Arc::new(Semaphore::new(1));
    // What the replica says of either never changes.
    let (_net, a, b) = pair(&gate).await;
    assert_eq!(a.send(number(4)).await, Ok(Doubled { number: 8 }));
    assert!(b.stop(Duration::from_secs(20)).await.unwrap().is_clean());
    let begun = Instant::now();
    assert!(a.stop(Duration::from_secs(20)).await.unwrap().is_clean());
    assert!(begun.elapsed() < Duration::from_millis(100));
}
