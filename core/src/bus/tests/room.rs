//! Promise 20: where room ends, and what is said there.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::rig::*;
use crate::bus::{Bus, PublishError, SendError, TryPublishError, TrySendError};
use crate::directory::PeerState;
use crate::id::Incarnation;
use crate::prelude::*;
use crate::testing::MemoryNetwork;

/// What a lane may hold.
const LANE: usize = 8 << 20;

async fn gated(_: Happened, State(gate): State<Arc<Semaphore>>) {
    gate.acquire().await.unwrap().forget();
}

async fn happened(_: Happened) {}

fn event(number: u64, bytes: usize) -> Happened {
    Happened {
        place: "x".repeat(bytes),
        number,
    }
}

fn command(bytes: usize) -> Double {
    Double {
        number: 1,
        text: "x".repeat(bytes),
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_for_a_full_lane_is_given_back_and_nothing_was_sent() {
    let net = MemoryNetwork::seeded(1);
    net.refuse_dials_to("B.0");
    let (a, b) = (Bus::builder("A.0"), Bus::builder("B.0").handle(double));
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let mut sends = Vec::new();
    let given_back = loop {
        match a.try_send(command(10_000)) {
            Ok(sending) => sends.push(sending),
            Err(error) => break error,
        }
    };
    assert_eq!(given_back, TrySendError::Full(command(10_000)));
    let text = given_back.to_string();
    assert!(text.contains("Test.Double"), "{text}");
    let fit = LANE / 10_000;
    assert!((fit - 10..=fit).contains(&sends.len()), "{}", sends.len());
    // A smaller one still fits, and the lane is as it was.
    assert!(a.try_send(command(100)).is_ok());
    net.accept_dials_to("B.0");
    for sending in &mut sends {
        assert_eq!(sending.await.unwrap().number, 2);
    }
    assert_eq!(b.received().handled, sends.len() as u64 + 1);
    assert_eq!(
        a.try_send(command(10_000)).unwrap().await.unwrap().number,
        2
    );
}

#[tokio::test(start_paused = true)]
async fn a_command_beyond_65_536_in_progress_is_given_back_until_one_is_over() {
    let net = MemoryNetwork::seeded(1);
    let (a, b) = (Bus::builder("A.0"), Bus::builder("B.0").handle(double));
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let mut sends = std::collections::VecDeque::new();
    for n in 0..65_536 {
        sends.push_back(a.try_send(number(n)).unwrap());
        if n % 8_192 == 0 {
            while b.received().handled <= n {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
    while b.received().handled < 65_536 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(
        a.try_send(number(7)).unwrap_err().into_command(),
        Some(number(7))
    );
    assert_eq!(sends.pop_front().unwrap().await.unwrap().number, 0);
    let last = a.try_send(number(7)).unwrap();
    assert!(a.try_send(number(8)).unwrap_err().is_full());
    drop(sends);
    assert_eq!(last.await.unwrap().number, 14);
}

async fn wait(_: Double, State(gate): State<Arc<Semaphore>>) -> Doubled {
    gate.acquire().await.unwrap().forget();
    Doubled { number: 0 }
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_vain_for_room_in_the_own_process_lets_the_next_one_go_on() {
    let net = MemoryNetwork::seeded(1);
    let gate = Arc::new(Semaphore::new(0));
    let a = Bus::builder("A.0").state(gate.clone()).handle(wait);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    let sends: Vec<_> = (0..10_000)
        .map(|n| a.try_send(number(n)).unwrap())
        .collect();
    let in_vain = tokio::spawn(a.send(number(1)).timeout(Duration::from_secs(1)));
    tokio::task::yield_now().await;
    let next = tokio::spawn(a.send(number(2)).timeout(Duration::from_secs(60)));
    let timed_out = in_vain.await.unwrap().unwrap_err();
    assert_eq!(timed_out, SendError::TimedOut { sent: false });

    gate.add_permits(1);
    tokio::time::sleep(Duration::from_millis(1)).await;
    let full = a.try_send(number(3)).unwrap_err();
    assert_eq!(full, TrySendError::Full(number(3)), "the next has the room");
    gate.add_permits(20_000);
    assert_eq!(next.await.unwrap().unwrap().number, 0);
    drop(sends);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_of_the_own_process_is_said_for_commands_and_events() {
    let net = MemoryNetwork::seeded(1);
    let gate = Arc::new(Semaphore::new(0));
    let a = Bus::builder("A.0").state(gate.clone());
    let a = a.handle(gated.queue("events")).handle(wait);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    let sends: Vec<_> = (0..10_000)
        .map(|n| a.try_send(number(n)).unwrap())
        .collect();
    assert_eq!(
        a.try_send(number(1)).unwrap_err(),
        TrySendError::Full(number(1))
    );
    for n in 0..10_000 {
        assert_eq!(a.try_publish(event(n, 1)).unwrap().queued, 1);
    }
    let full = a.try_publish(event(5, 1)).unwrap_err();
    assert_eq!(full, TryPublishError::Full(event(5, 1)));
    gate.add_permits(20_000);
    for sending in sends {
        sending.await.unwrap();
    }
    assert_eq!(a.try_publish(event(6, 1)).unwrap().queued, 1);
    assert_eq!(
        a.received().handled,
        20_001,
        "what was refused was not queued"
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_goes_to_all_who_want_it_or_is_given_back_and_went_to_none() {
    let net = MemoryNetwork::seeded(1);
    net.refuse_dials_to("C.0");
    let b = Bus::builder("B.0").handle(happened);
    let c = Bus::builder("C.0").handle(happened);
    let [a, b, c] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b), ("C.0", c)])
        .await
        .try_into()
        .unwrap();
    let mut published = 0;
    let full = loop {
        match a.try_publish(event(published, 10_000)) {
            Ok(told) => assert_eq!((told.queued, told.missed), (2, 0)),
            Err(error) => break error,
        }
        published += 1;
        while b.received().handled < published {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    assert_eq!(full.into_event(), Some(event(published, 10_000)));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((b.received().handled, c.received().handled), (published, 0));
    // One that waits makes C slow; from then on it has no say.
    let waited = a.publish(event(0, 10_000)).await.unwrap();
    assert_eq!((waited.queued, waited.missed), (1, 1));
    let told = a.try_publish(event(1, 10_000)).unwrap();
    assert_eq!((told.queued, told.missed), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_would_fail_anyway_is_told_as_such_and_no_async_context_is_needed() {
    let net = MemoryNetwork::seeded(1);
    let (a, b) = (Bus::builder("A.0"), Bus::builder("B.0").handle(double));
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let here = a.clone();
    let outside = std::thread::spawn(move || here.try_send(number(4)).unwrap());
    assert_eq!(outside.join().unwrap().await.unwrap().number, 8);
    let (here, there) = (a.clone(), b.peer().clone());
    let large = move || here.send(command(5 << 20)).to(&there).try_now();
    let large = std::thread::spawn(large).join().unwrap().unwrap_err();
    assert!(matches!(
        large,
        TrySendError::Failed(SendError::TooLarge { .. })
    ));
    assert_eq!(
        b.send(number(3))
            .header("a", "b")
            .try_now()
            .unwrap()
            .await
            .unwrap()
            .number,
        6
    );
    a.stop(Duration::from_secs(5)).await.unwrap();
    let stopped = TrySendError::Failed(SendError::Stopped { sent: false });
    assert_eq!(a.try_send(number(1)).unwrap_err(), stopped);
    let stopped = TryPublishError::Failed(PublishError::Stopped);
    assert_eq!(a.try_publish(event(1, 1)).unwrap_err(), stopped);
}

#[tokio::test(start_paused = true)]
async fn a_command_behind_events_that_their_peer_takes_no_more_gets_the_room_they_were_called_for()
{
    let net = MemoryNetwork::seeded(1);
    net.refuse_dials_to("B.0");
    let b = Bus::builder("B.0").handle(happened).handle(double);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    while a.try_publish(event(1, 10_000)).is_ok() {}
    let mut events = JoinSet::new();
    for number in 0..2_000 {
        events.spawn(a.publish(event(number, 10_000)));
    }
    // Time passes once everybody waits.
    tokio::time::sleep(Duration::from_millis(1)).await;
    let mut behind = Box::pin(a.send(command(10_000)));
    let early = timeout(Duration::from_millis(1), &mut behind).await;
    assert!(early.is_err(), "{early:?}");

    let me = descriptor("A.0", Incarnation(1), Default::default());
    let mut drains = descriptor("B.0", Incarnation(1), b.inner().book().all());
    Arc::make_mut(&mut drains).state = PeerState::Draining;
    tell(&a, 2, &[me, drains]);
    net.accept_dials_to("B.0");
    assert_eq!(behind.await.unwrap().number, 2);
    let queued = events
        .join_all()
        .await
        .into_iter()
        .map(|it| it.unwrap().queued);
    assert_eq!(queued.sum::<usize>(), 0);
}

/// Shared by handlers in queues of their own.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Test")]
struct Note {
    #[prost(uint64, tag = "1")]
    number: u64,
}

#[tokio::test(start_paused = true)]
async fn a_command_of_the_own_process_waits_for_the_fullest_of_its_handlers_queues() {
    async fn note(_: Note) {}
    async fn note_late(_: Note, State(gate): State<Arc<Semaphore>>) {
        gate.acquire().await.unwrap().forget();
    }
    let net = MemoryNetwork::seeded(1);
    let gate = Arc::new(Semaphore::new(0));
    let a = Bus::builder("A.0").state(gate.clone());
    let a = a.handle(note.queue("fast")).handle(note_late.queue("slow"));
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    let mut sends = JoinSet::new();
    for number in 0..10_050 {
        sends.spawn(a.send(Note { number }).timeout(Duration::from_secs(1)));
    }
    let ends = sends.join_all().await;
    let with = |sent| {
        let timed_out = Err(SendError::TimedOut { sent });
        ends.iter().filter(|end| **end == timed_out).count()
    };
    assert_eq!((with(true), with(false)), (10_000, 50));
    let held = a.inner().dispatcher.held().1;
    assert_eq!(held, 10_000);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_called_for_room_and_cannot_be_sent_lets_the_next_one_have_it() {
    let net = MemoryNetwork::seeded(1);
    let gate = Arc::new(Semaphore::new(0));
    let a = Bus::builder("A.0").state(gate.clone()).handle(wait);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    let sends: Vec<_> = (0..10_000)
        .map(|n| a.try_send(number(n)).unwrap())
        .collect();
    let unfit = tokio::spawn(a.send(number(1)).header("long", "x".repeat(70_000)));
    tokio::time::sleep(Duration::from_millis(1)).await;
    let next = tokio::spawn(a.send(number(2)));
    tokio::time::sleep(Duration::from_millis(1)).await;

    gate.add_permits(1);
    let unfit = unfit.await.unwrap().unwrap_err();
    assert!(matches!(unfit, SendError::Unencodable { .. }), "{unfit:?}");
    tokio::time::sleep(Duration::from_millis(1)).await;
    let full = a.try_send(number(3)).unwrap_err();
    assert_eq!(full, TrySendError::Full(number(3)), "the next has the room");
    gate.add_permits(20_000);
    assert_eq!(next.await.unwrap().unwrap().number, 0);
    drop(sends);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_goes_on_to_wait_for_another_queue_lets_the_next_one_have_the_room() {
    #[derive(Clone)]
    struct Other(Arc<Semaphore>);
    async fn gated_too(_: Happened, State(other): State<Other>) {
        other.0.acquire().await.unwrap().forget();
    }
    let net = MemoryNetwork::seeded(1);
    let (gate, other) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let a = Bus::builder("A.0")
        .state(gate.clone())
        .state(Other(other.clone()));
    let a = a.handle(gated).handle(gated_too.queue("other"));
    let a = a.handle(double);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    for number in 0..10_000 {
        assert_eq!(a.publish(event(number, 1)).await.unwrap().queued, 1);
    }
    let for_both = tokio::spawn(a.publish(event(1, 1)));
    tokio::time::sleep(Duration::from_millis(1)).await;
    let next = tokio::spawn(a.send(number(2)));
    tokio::time::sleep(Duration::from_millis(1)).await;

    gate.add_permits(1);
    tokio::time::sleep(Duration::from_millis(1)).await;
    let full = a.try_send(number(3)).unwrap_err();
    assert_eq!(full, TrySendError::Full(number(3)), "the next has the room");
    gate.add_permits(20_000);
    assert_eq!(next.await.unwrap().unwrap().number, 4);
    other.add_permits(20_000);
    assert_eq!(for_both.await.unwrap().unwrap().queued, 1);
}

#[tokio::test(start_paused = true)]
async fn commands_that_wait_for_a_place_among_those_in_progress_hold_up_no_event() {
    let net = MemoryNetwork::seeded(1);
    let gate = Arc::new(Semaphore::new(0));
    let b = Bus::builder("B.0").state(gate.clone()).handle(double);
    let b = b.handle(gated.queue("events"));
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let mut in_progress = Vec::new();
    while in_progress.len() < 65_536 {
        match a.try_send(number(1)) {
            Ok(sending) => in_progress.push(sending),
            Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
    while b.received().handled < 65_536 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut waiting = JoinSet::new();
    for _ in 0..2_000 {
        waiting.spawn(a.send(number(2)));
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    let mut published = 0;
    while a.try_publish(event(published, 10_000)).is_ok() {
        published += 1;
        tokio::time::sleep(Duration::from_micros(1)).await;
    }
    let last = tokio::spawn(a.publish(event(published, 10_000)));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(!last.is_finished(), "its lane is full");
    gate.add_permits(published as usize + 1);
    let last = timeout(Duration::from_secs(1), last).await;
    assert_eq!(last.expect("it waits").unwrap().unwrap().queued, 1);
    for mut sending in in_progress {
        assert_eq!((&mut sending).await.unwrap().number, 2);
    }
    for sent in waiting.join_all().await {
        assert_eq!(sent.unwrap().number, 4);
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_event_gets_its_room_beside_many_small_ones() {
    async fn slowly(_: Happened) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(slowly);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let mut small = JoinSet::new();
    for _ in 0..50 {
        let a = a.clone();
        small.spawn(async move {
            loop {
                assert_eq!(a.publish(event(1, 100_000)).await.unwrap().missed, 0);
            }
        });
    }
    // In the queue, on the way and in the lane is all there can be.
    tokio::time::sleep(Duration::from_secs(2)).await;
    for number in 0..3 {
        let large = a.publish(event(number, 4_000_000)).await.unwrap();
        assert_eq!((large.queued, large.missed), (1, 0));
    }
    assert!(small.try_join_next().is_none());
    drop(b);
}
