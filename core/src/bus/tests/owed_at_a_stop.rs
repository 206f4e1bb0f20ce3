//! Promise 28: a stop waits for what was set aside since its sender takes no outcomes (promise 20),
//! unless that one is gone.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::owed::*;
use super::rig::*;
use crate::bus::SendError;
use crate::directory::{PeerState, Subscriptions};
use crate::id::Incarnation;

#[tokio::test(start_paused = true)]
async fn what_is_set_aside_is_answered_before_a_stop_says_ok() {
    let mut frozen = Frozen::new(1, false, LONG).await;
    frozen.open().await;
    let b = frozen.b.clone();
    let stopping = tokio::spawn(async move { b.stop(Duration::from_secs(20)).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!stopping.is_finished() && frozen.queued() > 0);
    frozen.net.heal("A.0", "B.0");
    assert!(stopping.await.unwrap().unwrap().is_clean());
    while let Some(sent) = frozen.sent.join_next().await {
        let (number, replied) = sent.unwrap();
        assert_eq!(replied.unwrap().bytes.len(), PAGE, "{number}");
    }
}

/// Tells `B.0` whether `A.0` is there.
fn tell_of_a(frozen: &Frozen, index: u64, state: PeerState) {
    let mut a = descriptor("A.0", Incarnation(1), Subscriptions::default());
    Arc::make_mut(&mut a).state = state;
    let peers = [
        a,
        descriptor("B.0", Incarnation(1), frozen.b.inner().book().all()),
        descriptor("C.0", Incarnation(1), Subscriptions::default()),
    ];
    tell(&frozen.b, index, &peers);
}

#[tokio::test(start_paused = true)]
async fn what_is_set_aside_for_who_is_gone_holds_no_stop_and_is_answered_when_it_is_back() {
    let mut frozen = Frozen::new(2, true, LONG).await;
    frozen.open().await;
    let handled = frozen.handled().len();
    let sending = frozen.c.send(Fetch { number: 0 });
    let running = tokio::spawn(sending.timeout(LONG).into_future());
    until(|| frozen.b.received().handled == COMMANDS + 2).await;
    let b = frozen.b.clone();
    let stopping = tokio::spawn(async move { b.stop(LONG).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(frozen.queued() > 800, "it is not gone");

    tell_of_a(&frozen, 2, PeerState::Down);
    until(|| frozen.queued() == 1).await;
    assert!(!stopping.is_finished(), "C.0 waits");
    assert_eq!(frozen.handled().len(), handled);
    tell_of_a(&frozen, 3, PeerState::Up);
    frozen.net.heal("A.0", "B.0");
    let mut replies = 0;
    while let Some(sent) = frozen.sent.join_next().await {
        match sent.unwrap().1 {
            Ok(_) => replies += 1,
            Err(error) => assert!(matches!(error, SendError::Draining { .. }), "{error:?}"),
        }
    }
    assert_eq!(replies, handled);
    frozen.fetching.gate.add_permits(1);
    assert!(running.await.unwrap().is_ok());
    assert!(stopping.await.unwrap().unwrap().is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_stop_says_ok_although_much_is_set_aside_for_who_is_gone() {
    let frozen = Frozen::new(1, false, LONG).await;
    frozen.a.publish(Behind { number: 0 }).await.unwrap();
    until(|| frozen.b.received().handled == COMMANDS + 1).await;
    frozen.open().await;
    tell_of_a(&frozen, 2, PeerState::Down);
    let stopped = timeout(Duration::from_secs(1), frozen.b.stop(LONG)).await;
    assert!(stopped.expect("it waits").unwrap().is_clean());
    let handled = frozen.fetching.handled.lock().unwrap().clone();
    assert!(handled.contains(&BEHIND), "an event that was accepted");
}
