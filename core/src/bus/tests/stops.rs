//! Stopping while others send, and while this process does (promises 13 and 28).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};

use super::rig::*;
use crate::bus::inner::Life;
use crate::bus::{Bus, IncompleteStop, SendError, Signals, StopReport};
use crate::id::{Identity, Incarnation, PeerId};
use crate::prelude::*;
use crate::testing::MemoryNetwork;
use crate::transport::{BindError, Bound, BoxFuture, DialError, Expected, Link, Transport};

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

fn stop(bus: &Bus, seconds: u64) -> JoinHandle<Result<StopReport, IncompleteStop>> {
    let bus = bus.clone();
    tokio::spawn(async move { bus.stop(Duration::from_secs(seconds)).await })
}

/// A bus that waits for a peer which hears nothing, until the deadline of its stop.
async fn deaf_pair() -> (MemoryNetwork, Bus, Bus) {
    let (net, a, b) = pair(&Arc::new(Semaphore::new(1))).await;
    assert_eq!(a.send(number(4)).await, Ok(Doubled { number: 8 }));
    net.black_hole("B.0", "A.0");
    (net, a, b)
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_for_a_stop_again_is_answered_when_it_is_over_and_the_same() {
    let (_net, a, b) = deaf_pair().await;
    let begun = Instant::now();
    let first = stop(&b, 3);
    sleep(Duration::from_secs(1)).await;
    let second = b.stop(Duration::from_secs(20)).await;
    assert!(begun.elapsed() >= Duration::from_secs(3));
    assert_eq!(
        second.as_ref().unwrap_err().0.unanswered,
        [a.peer().clone()]
    );
    assert_eq!(first.await.unwrap(), second);
    let third = b.stop(Duration::from_secs(20)).await;
    assert_eq!(third, second);
    assert!(begun.elapsed() < Duration::from_millis(3_100));
}

#[tokio::test(start_paused = true)]
async fn the_earliest_deadline_of_two_stops_is_that_of_both() {
    let (_net, _a, b) = deaf_pair().await;
    let begun = Instant::now();
    let patient = stop(&b, 20);
    sleep(Duration::from_secs(1)).await;
    let hasty = b.stop(Duration::from_secs(1)).await;
    assert!(begun.elapsed() < Duration::from_millis(2_100));
    assert!(hasty.is_err());
    assert_eq!(patient.await.unwrap(), hasty);
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_is_dropped_is_carried_on_by_the_next() {
    let gate = Arc::new(Semaphore::new(0));
    let (_net, a, b) = pair(&gate).await;
    let sending = tokio::spawn(a.send(number(4)));
    while b.received().handled == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    let dropped = b.stop(Duration::from_secs(20));
    assert!(timeout(Duration::from_secs(1), dropped).await.is_err());
    gate.add_permits(1);
    let stopped = timeout(Duration::from_secs(5), b.stop(Duration::from_secs(20))).await;
    assert!(stopped.expect("nobody goes on").unwrap().is_clean());
    assert_eq!(sending.await.unwrap(), Ok(Doubled { number: 8 }));
}

#[tokio::test(start_paused = true)]
async fn a_stop_with_no_deadline_at_all_waits_for_what_is_left() {
    let (net, _a, b) = deaf_pair().await;
    let waiting = b.clone();
    let waiting = tokio::spawn(async move { waiting.stop(Duration::MAX).await });
    sleep(Duration::from_secs(60)).await;
    assert!(!waiting.is_finished());
    net.heal_all();
    assert!(waiting.await.unwrap().unwrap().is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_bus_whose_name_is_taken_stops_at_once_and_says_what_it_left() {
    let gate = Arc::new(Semaphore::new(0));
    let (_net, a, b) = pair(&gate).await;
    let sending = tokio::spawn(a.send(number(4)));
    while b.received().handled == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    let stopping = stop(&b, 20);
    sleep(Duration::from_secs(1)).await;
    b.inner().move_on(Life::Fenced);
    let stopped = timeout(Duration::from_secs(1), stopping).await;
    let report = stopped.expect("it hangs").unwrap().unwrap_err().0;
    assert!(report.unfinished > 0, "{report:?}");
    drop(sending);
}

/// What a stop of `b` reports as unfinished once so many messages have come, while nothing goes on.
async fn unfinished(b: &Bus, received: u64) -> usize {
    while b.received().handled < received {
        sleep(Duration::from_millis(1)).await;
    }
    // Virtual time: whatever can go on has gone on by then.
    let stopped = b.stop(Duration::from_secs(1)).await;
    stopped.unwrap_err().0.unfinished
}

#[tokio::test(start_paused = true)]
async fn a_stop_counts_what_it_leaves_once_whether_that_runs_or_waits() {
    for left in [1, 2, 5] {
        let gate = Arc::new(Semaphore::new(3));
        let (_net, a, b) = pair(&gate).await;
        let sends: Vec<_> = (0..3 + left)
            .map(|n| tokio::spawn(a.send(number(n))))
            .collect();
        assert_eq!(unfinished(&b, 3 + left).await, left as usize);
        drop(sends);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_count_what_has_ended_before_what_runs_though_they_came_together() {
    async fn gated(event: Happened, State(gate): State<Arc<Semaphore>>) {
        let _ = event;
        gate.acquire().await.unwrap().forget();
    }
    let gate = Arc::new(Semaphore::new(3));
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").state(gate.clone()).handle(gated);
    let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)]).await;
    let [a, b]: [Bus; 2] = buses.try_into().unwrap();
    for number in 0..8 {
        let place = "here".to_owned();
        a.publish(Happened { place, number }).await.unwrap();
    }
    assert_eq!(unfinished(&b, 8).await, 5);
}

#[tokio::test(start_paused = true)]
async fn a_stop_counts_a_handler_that_awaited_a_send_once_before_and_after_its_reply() {
    /// Asks the sender first, and goes on when the gate says so.
    async fn asking(
        command: Double,
        bus: Bus,
        from: Sender,
        State(gates): State<[Arc<Semaphore>; 2]>,
    ) -> crate::Result<Doubled, DoubleError> {
        let doubled = bus.send(command).to(from.peer()).await;
        gates[1].acquire().await?.forget();
        Ok(doubled?)
    }
    for replies in [0, 1, 3] {
        let gates = [replies, 0].map(|permits| Arc::new(Semaphore::new(permits)));
        let net = MemoryNetwork::seeded(1);
        let a = Bus::builder("A.0").state(gates[0].clone()).handle(gated);
        let b = Bus::builder("B.0").state(gates.clone()).handle(asking);
        let buses = start(&net, [("A.0", a), ("B.0", b)]).await;
        let [a, b]: [Bus; 2] = buses.try_into().unwrap();
        let to = b.peer().clone();
        let sends: Vec<_> = (0..3)
            .map(|n| tokio::spawn(a.send(number(n)).to(&to)))
            .collect();
        assert_eq!(unfinished(&b, 3).await, 3, "{replies} replies");
        drop(sends);
    }
}

/// A transport that takes its time to close, as QUIC does.
struct SlowToClose(Arc<dyn Transport>);

impl Transport for SlowToClose {
    fn bind<'a>(
        &'a self,
        peer: &'a PeerId,
        arrivals: mpsc::Sender<Arc<dyn Link>>,
    ) -> BoxFuture<'a, Result<Bound, BindError>> {
        self.0.bind(peer, arrivals)
    }

    fn dial<'a>(
        &'a self,
        address: &'a str,
        expected: &'a Expected,
    ) -> BoxFuture<'a, Result<Arc<dyn Link>, DialError>> {
        self.0.dial(address, expected)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            sleep(Duration::from_secs(1)).await;
            self.0.close().await;
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_runs_ends_well_when_it_is_stopped_elsewhere() {
    let identity = Identity::Directory(PeerId::new("A.0").unwrap());
    let transport = MemoryNetwork::seeded(1).transport_at("memory:A.0", identity);
    let bus = Bus::builder("A.0")
        .shared_transport(Arc::new(SlowToClose(transport)))
        .as_directory(Incarnation(1));
    let bus = bus.start().await.unwrap();
    let running = tokio::spawn(bus.clone().run_until(Signals::listen().unwrap()));
    sleep(Duration::from_secs(1)).await;
    assert!(bus.stop(Duration::from_secs(20)).await.unwrap().is_clean());
    running.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_send_that_waits_for_room_ends_when_its_receiver_is_forgotten() {
    let gate = Arc::new(Semaphore::new(0));
    let (net, a, b) = pair(&gate).await;
    let mut others = send_many(&a);
    while b.received().handled == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    let mut waits = Box::pin(a.send(number(1)));
    let early = timeout(Duration::from_millis(100), &mut waits).await;
    assert!(early.is_err(), "there was room");
    net.kill("B.0");
    drop(b);
    let me = descriptor("A.0", Incarnation(1), Default::default());
    tell(&a, 2, &[me]);
    let id = PeerId::new("B.0").unwrap();
    others.shutdown().await;
    while a.inner().peers.get(&id).is_some() {
        sleep(Duration::from_millis(1)).await;
        a.authority().sweep();
    }
    let (peer, sent) = (id, false);
    let ended = timeout(Duration::from_secs(60), waits).await;
    assert_eq!(
        ended.expect("at once"),
        Err(SendError::PeerLost { peer, sent })
    );
}

async fn alone(gate: &Arc<Semaphore>) -> Bus {
    let net = MemoryNetwork::seeded(1);
    let a = Bus::builder("A.0").state(gate.clone()).handle(gated);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    a
}

#[tokio::test(start_paused = true)]
async fn a_send_within_a_process_ends_when_that_stops_and_says_whether_it_had_begun() {
    let a = alone(&Arc::new(Semaphore::new(0))).await;
    let sends = [1, 2].map(|n| tokio::spawn(a.send(number(n)).timeout(Duration::MAX)));
    while a.received().handled < 2 {
        sleep(Duration::from_millis(1)).await;
    }
    a.stop(Duration::from_secs(1)).await.unwrap_err();
    for (send, sent) in sends.into_iter().zip([true, false]) {
        let ended = timeout(Duration::from_secs(1), send).await;
        let ended = ended.expect("it hangs").unwrap();
        assert_eq!(ended, Err(SendError::Stopped { sent }));
    }
}

#[tokio::test(start_paused = true)]
async fn a_send_that_waits_for_room_in_its_own_process_was_not_sent_when_that_stops() {
    let a = alone(&Arc::new(Semaphore::new(0))).await;
    let sends: Vec<_> = (0..10_000)
        .map(|n| a.try_send(number(n)).unwrap())
        .collect();
    let waits = tokio::spawn(a.send(number(1)).timeout(Duration::MAX));
    sleep(Duration::from_millis(1)).await;
    a.stop(Duration::from_secs(1)).await.unwrap_err();
    let ended = timeout(Duration::from_secs(1), waits).await;
    let ended = ended.expect("it hangs").unwrap();
    assert_eq!(ended, Err(SendError::Stopped { sent: false }));
    drop(sends);
}
