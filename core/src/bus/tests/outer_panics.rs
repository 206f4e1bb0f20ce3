//! Code of others that panics beside handlers: where the bus logs, wakes a transport, or drops what a
//! user has made. It ends nothing but itself (promise 22).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::log_hook::whenever_logged;
use super::opening::Opening;
use super::rig::*;
use crate::Bincode;
use crate::bus::inner::Life;
use crate::bus::{Bus, SendError};
use crate::id::Incarnation;
use crate::prelude::*;
use crate::testing::MemoryNetwork;
use crate::transport::{Outgoing, Priority};

const LONG: Duration = Duration::from_secs(60);

/// The same event as another version of the program has it.
mod other_version {
    use super::*;

    #[derive(Clone, PartialEq, prost::Message, Event)]
    #[quibus(namespace = "Test")]
    pub(super) struct Happened {
        #[prost(uint64, tag = "1")]
        pub(super) place: u64,
    }
}

/// Whatever drops it with that number panics.
#[derive(Debug, Serialize, Deserialize, Command)]
#[quibus(namespace = "Test", reply = u64, codec = Bincode)]
struct Brittle {
    number: u64,
}

const BREAKS: u64 = 13;

impl Drop for Brittle {
    fn drop(&mut self) {
        assert_ne!(self.number, BREAKS, "as asked");
    }
}

async fn brittle(command: Brittle) -> u64 {
    command.number
}

async fn happened(_: Happened) {}

/// A bus alone, all of whose messages are handled in one slot; commands wait there for the gate.
async fn alone(gate: &Arc<Semaphore>) -> Bus {
    let a = Bus::builder("A.0").state(gate.clone());
    let a = a.handle(double_late).handle(brittle);
    let net = MemoryNetwork::seeded(1);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    a
}

/// Whether the queue of this bus has nothing left and handles what comes next.
async fn goes_on(bus: &Bus) {
    let next = timeout(LONG, bus.send(Brittle { number: 1 })).await;
    assert_eq!(next.expect("it hangs"), Ok(1));
    assert_eq!(bus.inner().dispatcher.unfinished(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_panics_over_an_event_ends_no_queue() {
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(happened).handle(brittle);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let panics = Arc::new(AtomicUsize::new(0));
    let counts = panics.clone();
    let _hook = whenever_logged("an event was not handled", move || {
        counts.fetch_add(1, Ordering::SeqCst);
        panic!("as asked");
    });
    for _ in 0..2 {
        let other = other_version::Happened { place: 1 };
        assert_eq!(a.publish(other).await.unwrap().queued, 1);
    }
    goes_on(&b).await;
    // Each is told again to have panicked.
    assert!(panics.load(Ordering::SeqCst) >= 4);
    assert_eq!(a.send(Brittle { number: 2 }).await, Ok(2));
    assert!(b.stop(LONG).await.unwrap().is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_command_that_expired_in_its_queue_and_panics_when_it_is_dropped_ends_no_queue() {
    let gate = Arc::new(Semaphore::new(0));
    let a = alone(&gate).await;
    let first = tokio::spawn(a.send(number(1)));
    sleep(Duration::from_millis(1)).await;
    let late = a.send(Brittle { number: BREAKS });
    let late = late.timeout(Duration::from_secs(1)).await;
    assert!(matches!(late, Err(SendError::TimedOut { .. })), "{late:?}");
    gate.add_permits(1);
    assert_eq!(first.await.unwrap(), Ok(Doubled { number: 2 }));
    goes_on(&a).await;
    assert!(a.stop(LONG).await.unwrap().is_clean());
}

#[tokio::test(start_paused = true)]
async fn what_panics_when_a_stop_drops_it_keeps_no_stop_from_its_end() {
    let gate = Arc::new(Semaphore::new(0));
    let a = alone(&gate).await;
    let running = tokio::spawn(a.send(number(1)));
    let sends = [BREAKS, 1, BREAKS].map(|number| tokio::spawn(a.send(Brittle { number })));
    sleep(Duration::from_millis(1)).await;
    assert!(a.stop(Duration::from_secs(1)).await.is_err());
    assert_eq!(a.inner().life(), Life::Stopped);
    for sent in sends {
        let sent = timeout(LONG, sent).await.expect("it hangs").unwrap();
        assert_eq!(sent, Err(SendError::Stopped { sent: false }));
    }
    drop(running);
}

#[tokio::test(start_paused = true)]
async fn handlers_that_panic_when_a_worker_drops_them_panic_one_by_one() {
    struct Panics(Arc<AtomicUsize>);
    impl Drop for Panics {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
            panic!("as asked");
        }
    }
    let a = alone(&Arc::new(Semaphore::new(0))).await;
    let dropped = Arc::new(AtomicUsize::new(0));
    let mut lives = vec![];
    for _ in 0..2 {
        let panics = Panics(dropped.clone());
        let handler = move |_: Happened| {
            let _ = &panics;
            std::future::ready(())
        };
        lives.push(a.subscribe(handler).await.unwrap());
    }
    let place = String::new();
    a.publish(Happened { place, number: 1 }).await.unwrap();
    goes_on(&a).await;
    assert!(a.stop(LONG).await.unwrap().is_clean());
    drop(lives);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
}

/// What a lane of outcomes does to its bus: it panics when it is opened, or where it is woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fails {
    Opened,
    Woken,
}

/// A waker that panics, and what was woken so.
struct Panicking(Arc<AtomicBool>);

impl Wake for Panicking {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
        panic!("as asked");
    }
}

/// A lane of which the bus knows a waker that panics, until it has woken that.
struct BadlyWaiting {
    inner: Box<dyn Outgoing>,
    failed: Arc<AtomicBool>,
}

impl Outgoing for BadlyWaiting {
    fn poll_take(&mut self, context: &mut Context<'_>, chunks: &mut Vec<Bytes>) -> Poll<bool> {
        if self.failed.load(Ordering::SeqCst) {
            return self.inner.poll_take(context, chunks);
        }
        let waker = Waker::from(Arc::new(Panicking(self.failed.clone())));
        let again = context.waker().clone();
        tokio::spawn(async move {
            sleep(Duration::from_secs(1)).await;
            again.wake();
        });
        self.inner
            .poll_take(&mut Context::from_waker(&waker), chunks)
    }
}

/// A bus that answers another over a link that it has dialled itself.
async fn answering(fails: Fails) -> (Bus, Bus, Arc<AtomicBool>) {
    let net = MemoryNetwork::seeded(1);
    let has_failed = Arc::new(AtomicBool::new(false));
    let failed = has_failed.clone();
    let inner = net.transport_at("memory:B.0", identity("B.0"));
    let opening = Opening::new(inner, move |priority, inner| {
        let failed = failed.clone();
        if priority != Priority::OUTCOMES {
            return inner;
        }
        match fails {
            Fails::Woken => Box::new(BadlyWaiting { inner, failed }),
            Fails::Opened => {
                assert!(failed.swap(true, Ordering::SeqCst), "as asked");
                inner
            }
        }
    });
    let b = Bus::builder("B.0").shared_transport(opening);
    let b = b.handle(double).handle(brittle);
    let b = b.as_directory(Incarnation(1)).start().await.unwrap();
    let a = Bus::builder("A.0").handle(happened);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    let peers = [
        descriptor("A.0", Incarnation(1), a.inner().book().all()),
        descriptor("B.0", Incarnation(1), b.inner().book().all()),
    ];
    for bus in [&a, &b] {
        tell(bus, 2, &peers);
    }
    b.authority().open();
    let place = String::new();
    b.publish(Happened { place, number: 1 }).await.unwrap();
    while a.received().handled == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    (a, b, has_failed)
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_panics_over_an_outcome_ends_no_queue_and_brings_it_late() {
    for fails in [Fails::Opened, Fails::Woken] {
        let (a, b, has_failed) = answering(fails).await;
        // What is told of a panic is an outcome too.
        for text in ["panic", "", "panic", ""] {
            let text = text.to_owned();
            let panics = !text.is_empty();
            let sent = timeout(LONG, a.send(Double { number: 1, text })).await;
            let sent = sent.expect("it hangs");
            assert_eq!(sent.is_ok(), !panics, "{fails:?}: {sent:?}");
            assert_eq!(matches!(sent, Err(SendError::Panicked)), panics);
            // Time passes once everybody is idle.
            sleep(Duration::from_millis(1)).await;
        }
        assert!(has_failed.load(Ordering::SeqCst), "{fails:?}");
        goes_on(&b).await;
        assert!(b.stop(LONG).await.unwrap().is_clean(), "{fails:?}");
    }
}
