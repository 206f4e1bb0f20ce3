//! Promise 15: who is slow, and what it hears of what it has missed.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use tokio::runtime::Builder as RuntimeBuilder;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::log_hook::{count_logged, when_logged};
use super::rig::*;
use crate::BindingKey;
use crate::bus::{Bus, MemoryBudget, Published};
use crate::directory::Subscriptions;
use crate::dispatch::Missed;
use crate::id::{Incarnation, PeerId};
use crate::peers::{Afterwards, Deliver, Standing};
use crate::prelude::*;
use crate::session::{LaneId, LaneReader, Run, kind};
use crate::testing::MemoryNetwork;
use crate::wire::{put_str, put_varint};

/// What a process has seen, in order.
#[derive(Debug, Clone, PartialEq)]
enum Seen {
    Event(u64),
    Missed(u64, String, String),
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Seen>>>);

impl Log {
    fn push(&self, seen: Seen) {
        self.0.lock().unwrap().push(seen);
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    async fn reaches(&self, len: usize) -> Vec<Seen> {
        while self.len() < len {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.0.lock().unwrap().clone()
    }
}

async fn happened(event: Happened, State(log): State<Log>) {
    log.push(Seen::Event(event.number));
}

async fn missed(missed: Missed, from: Sender, State(log): State<Log>) {
    let lane = missed.lane.to_string();
    log.push(Seen::Missed(missed.count, lane, from.to_string()));
}

fn event(number: u64) -> Happened {
    Happened {
        place: "fr".into(),
        number,
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_subscriber_hears_in_its_place_how_much_it_has_missed() {
    let net = MemoryNetwork::seeded(1);
    net.refuse_dials_to("B.0");
    let log = Log::default();
    let b = Bus::builder("B.0").state(log.clone());
    let b = b.handle(happened).handle(missed);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let slow_lanes = || a.peers()[1].exchange.slow_lanes.clone();
    let mut kept = 0;
    while a.try_publish(event(kept)).is_ok() {
        kept += 1;
    }
    assert_eq!(kept, 65_536, "128 bytes each at the least");
    assert!(slow_lanes().is_empty());
    let skipped = Published {
        queued: 0,
        missed: 1,
    };
    let begin = Instant::now();
    assert_eq!(a.publish(event(1)).await, Ok(skipped));
    assert_eq!(begin.elapsed().as_secs(), 5);
    for _ in 0..9 {
        assert_eq!(a.publish(event(1)).await, Ok(skipped));
    }
    assert_eq!(begin.elapsed().as_secs(), 5, "skipped at once");
    let exchange = a.peers()[1].exchange.clone();
    assert_eq!((exchange.missed, exchange.is_slow()), (10, true));
    assert_eq!((exchange.waiting, exchange.linked), (kept, false));
    net.accept_dials_to("B.0");
    // More than its queue holds comes at once, so that the news has to wait for room as well.
    let seen = log.reaches(kept as usize + 1).await;
    let expected = (0..kept).map(Seen::Event);
    let news = Seen::Missed(10, "default".into(), "A.0".into());
    let expected: Vec<_> = expected.chain([news]).collect();
    assert!(seen == expected, "{:?}", seen.last());
    assert!(slow_lanes().is_empty());
    assert_eq!(b.received().missed, 10);
    a.publish(event(kept)).await.unwrap();
    let seen = log.reaches(kept as usize + 2).await;
    assert_eq!(seen.last(), Some(&Seen::Event(kept)));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_is_too_slow_for_itself_skips_at_once_and_is_told() {
    async fn gated(event: Happened, State(log): State<Log>, State(gate): State<Arc<Semaphore>>) {
        gate.acquire().await.unwrap().forget();
        log.push(Seen::Event(event.number));
    }
    let net = MemoryNetwork::seeded(1);
    let (log, gate) = (Log::default(), Arc::new(Semaphore::new(0)));
    let a = Bus::builder("A.0").state(log.clone()).state(gate.clone());
    let a = a.handle(gated).handle(missed);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    for number in 0..10_000 {
        assert_eq!(a.publish(event(number)).await.unwrap().queued, 1);
    }
    let begin = Instant::now();
    for _ in 0..7 {
        assert_eq!(a.publish(event(1)).await.unwrap().missed, 1);
    }
    assert_eq!(begin.elapsed().as_secs(), 5, "one waits, the others don't");
    assert_eq!(a.try_publish(event(1)).unwrap().missed, 1);
    gate.add_permits(4_999);
    log.reaches(4_999).await;
    assert_eq!(
        a.publish(event(1)).await.unwrap().missed,
        1,
        "not half empty"
    );
    gate.add_permits(100_000);
    log.reaches(10_000).await;
    assert_eq!(a.publish(event(10_000)).await.unwrap().queued, 1);
    let seen = log.reaches(10_002).await;
    let news = Seen::Missed(9, String::new(), "A.0".into());
    assert_eq!(seen[10_000..], [news, Seen::Event(10_000)]);
    assert_eq!(a.received().missed, 9);
}

#[tokio::test(start_paused = true)]
async fn a_slow_subscriber_that_stops_hears_before_its_end_how_much_it_has_missed() {
    async fn gated(event: Happened, State(log): State<Log>, State(gate): State<Arc<Semaphore>>) {
        gate.acquire().await.unwrap().forget();
        log.push(Seen::Event(event.number));
    }
    let net = MemoryNetwork::seeded(1);
    let (log, gate) = (Log::default(), Arc::new(Semaphore::new(0)));
    let b = Bus::builder("B.0").state(log.clone()).state(gate.clone());
    let b = b.handle(gated).handle(missed);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let large = |number| Happened {
        place: "x".repeat(10_000),
        number,
    };
    // So many that the lane's window holds by then all that the lane does.
    let many = 3_000;
    gate.add_permits(many as usize);
    for number in 0..many {
        assert_eq!(a.publish(large(number)).await.unwrap().queued, 1);
    }
    log.reaches(many as usize).await;
    net.delay(Duration::from_millis(50)..=Duration::from_millis(50));
    let mut kept = many;
    while a.publish(large(kept)).await.unwrap().missed == 0 {
        kept += 1;
    }
    assert!(a.peers()[1].exchange.is_slow());
    let stopping = b.clone();
    let stopping = tokio::spawn(async move { stopping.stop(Duration::from_secs(60)).await });
    while a.inner().peers.get(b.peer()).unwrap().standing() != Standing::Draining {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // All of it is taken before the news that there is room can come back.
    gate.add_permits(kept as usize);
    assert!(stopping.await.unwrap().unwrap().is_clean());
    assert_eq!(b.received().missed, 1);
    let news = Seen::Missed(1, "default".into(), "A.0".into());
    assert_eq!(log.reaches(kept as usize + 1).await.last(), Some(&news));
}

/// What somebody may put on the wire.
#[derive(Clone, PartialEq, ::prost::Message, Event)]
#[quibus(namespace = "quibus", name = "Missed")]
struct Forged {}

/// A lane in which nothing comes but the news that so many events were missed.
pub(super) fn only_missed(count: u64) -> Run {
    let mut bytes = BytesMut::new();
    let mut opening = BytesMut::new();
    put_varint(&mut opening, u64::from(LaneId::DEFAULT.0));
    put_str(&mut opening, "default");
    put_varint(&mut opening, 0);
    let mut missed = BytesMut::new();
    put_varint(&mut missed, count);
    for (kind, rest) in [(kind::OPEN, opening), (kind::MISSED, missed)] {
        put_varint(&mut bytes, 1 + rest.len() as u64);
        bytes.put_u8(kind);
        bytes.put_slice(&rest);
    }
    let read = LaneReader::new().read(vec![bytes.freeze()], Instant::now());
    Run::alone(read.unwrap().parcel, 0)
}

#[tokio::test(start_paused = true)]
async fn whatever_a_sender_says_was_missed_is_summed_up_and_logged_once_a_second() {
    let net = MemoryNetwork::seeded(1);
    let [a] = start(&net, [("A.0", Bus::builder("A.0"))])
        .await
        .try_into()
        .unwrap();
    let from = PeerId::new("B.0").unwrap();
    let from = a.inner().peers.get_or_create(&from).unwrap();
    let (lines, _hook) = count_logged("events were skipped");
    let deliver = |run: &Run| {
        let mut afterwards = Afterwards::default();
        let dispatcher = &a.inner().dispatcher;
        let taken = dispatcher.deliver(&from, LaneId::DEFAULT, run, &mut afterwards);
        afterwards.perform(&from);
        taken
    };
    for second in 1..=3 {
        for _ in 0..1_000 {
            assert_eq!(deliver(&only_missed(1)), 1);
        }
        assert_eq!(lines.load(Ordering::Relaxed), second);
        assert_eq!(a.received().missed, 1_000 * second as u64);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    for _ in 0..2 {
        deliver(&only_missed(u64::MAX));
        assert_eq!(a.received().missed, u64::MAX);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_can_pretend_that_events_were_missed() {
    let net = MemoryNetwork::seeded(1);
    let log = Log::default();
    let b = Bus::builder("B.0").state(log.clone());
    let b = b.handle(happened).handle(missed);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    assert_eq!(
        a.publish(Forged {}).await.unwrap().queued,
        0,
        "not subscribed to"
    );
    let mut wants = Subscriptions::default();
    wants.set("quibus.Missed", vec![BindingKey::any()]);
    wants.set("Test.Happened", vec![BindingKey::any()]);
    let [me, other] = [Subscriptions::default(), wants];
    let peers = [("A.0", me), ("B.0", other)];
    tell(
        &a,
        2,
        &peers.map(|(name, wants)| descriptor(name, Incarnation(1), wants)),
    );
    assert_eq!(a.publish(Forged {}).await.unwrap().queued, 1);
    a.publish(event(1)).await.unwrap();
    assert_eq!(log.reaches(1).await, [Seen::Event(1)]);
    assert_eq!((b.received().unhandled, b.received().missed), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_peer_whose_lane_has_room_when_the_wait_is_over_does_not_miss_the_event() {
    async fn hang(_: Double) -> crate::Result<Doubled, DoubleError> {
        std::future::pending().await
    }
    let net = MemoryNetwork::seeded(1);
    net.refuse_dials_to("B.0");
    let (budget, log) = (MemoryBudget::new(16 << 20), Log::default());
    let a = Bus::builder("A.0").memory_budget(budget.clone());
    let a = a.state(log.clone()).handle(happened).handle(hang);
    let b = Bus::builder("B.0").handle(happened).state(log.clone());
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    assert_eq!(a.publish(event(1)).await.unwrap().queued, 2);
    log.reaches(1).await;
    let mut sends = Vec::new();
    let full = loop {
        match a.try_send(number(1)) {
            Ok(sending) => sends.push(sending),
            Err(error) => break error,
        }
    };
    assert!(full.is_full(), "{full}");
    let mut others = budget.part(false);
    let mut all = budget.limit();
    while !others.resize(all) {
        all -= 1 << 10;
    }
    let peer = a.inner().peers.get(b.peer()).unwrap();
    let has_room = || peer.lanes().out(LaneId::DEFAULT).has_room(1 << 20);
    assert!(!has_room());
    // The lane to the peer can grow again just when the wait is over.
    let _hook = when_logged("the queue is slow", move || drop(others));
    let large = Happened {
        place: "x".repeat(1 << 20),
        number: 2,
    };
    let published = Published {
        queued: 1,
        missed: 1,
    };
    assert_eq!(a.publish(large).await, Ok(published));
}

/// Runs on a thread of its own what would lock up if something were locked while the bus logs.
pub(super) fn ends<F: Future>(test: impl FnOnce() -> F + Send + 'static) {
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut runtime = RuntimeBuilder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(test());
        ended.send(()).unwrap();
    });
    let end = end.recv_timeout(Duration::from_secs(20));
    end.expect("it hangs, or has failed");
}

#[test]
fn whoever_reads_in_the_log_that_a_peer_is_slow_may_publish_to_it() {
    ends(async || {
        let net = MemoryNetwork::seeded(1);
        net.refuse_dials_to("B.0");
        let b = Bus::builder("B.0").state(Log::default()).handle(happened);
        let [a, _b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
            .await
            .try_into()
            .unwrap();
        while a.try_publish(event(1)).is_ok() {}
        let (reader, told) = (a.clone(), Arc::new(Mutex::new(None)));
        let tells = told.clone();
        let _hook = when_logged("the peer is slow", move || {
            *tells.lock().unwrap() = Some(reader.try_publish(event(2)));
        });
        assert_eq!(a.publish(event(1)).await.unwrap().missed, 1);
        let told = told.lock().unwrap().take();
        assert_eq!(told.unwrap().unwrap().missed, 1);
    });
}

#[test]
fn whoever_reads_in_the_log_that_a_queue_is_slow_no_more_may_publish_into_it() {
    ends(async || {
        async fn gated(_: Happened, State(gate): State<Arc<Semaphore>>) {
            gate.acquire().await.unwrap().forget();
        }
        let net = MemoryNetwork::seeded(1);
        let gate = Arc::new(Semaphore::new(0));
        let a = Bus::builder("A.0").state(gate.clone()).handle(gated);
        let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
        while a.try_publish(event(1)).is_ok() {}
        assert_eq!(a.publish(event(1)).await.unwrap().missed, 1);
        gate.add_permits(20_000);
        tokio::time::sleep(Duration::from_millis(1)).await;
        let (reader, told) = (a.clone(), Arc::new(Mutex::new(None)));
        let tells = told.clone();
        let _hook = when_logged("slow no more", move || {
            *tells.lock().unwrap() = Some(reader.try_publish(event(2)));
        });
        assert_eq!(a.publish(event(1)).await.unwrap().queued, 1);
        let told = told.lock().unwrap().take();
        assert_eq!(told.unwrap().unwrap().queued, 1);
    });
}
