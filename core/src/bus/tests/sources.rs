//! What a body is made of is code of its user: when it is dropped, it may panic, or ask the bus for
//! something.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use tokio::time::{Instant, timeout};

use super::body_rig::{Fetch, Stored, stored};
use super::rig::*;
use crate::bus::{Bus, SendError};
use crate::directory::Subscriptions;
use crate::id::{Incarnation, PeerId};
use crate::message::Body;
use crate::prelude::*;
use crate::testing::MemoryNetwork;

/// A source that does something when it is dropped.
struct Source {
    is_dropped: Arc<AtomicBool>,
    then: Box<dyn Fn() + Send>,
}

impl Stream for Source {
    type Item = Result<Bytes, String>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Pending
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.is_dropped.store(true, Ordering::Relaxed);
        (self.then)();
    }
}

/// What the next reply is given.
#[derive(Clone, Default)]
struct Next(Arc<Mutex<Body>>);

impl Next {
    /// A source that does this when it is dropped; whether it was.
    fn source(&self, then: impl Fn() + Send + 'static) -> Arc<AtomicBool> {
        let is_dropped = Arc::<AtomicBool>::default();
        *self.0.lock().unwrap() = Body::from_stream(Source {
            is_dropped: is_dropped.clone(),
            then: Box::new(then),
        });
        is_dropped
    }
}

async fn hand(_: Fetch, State(next): State<Next>) -> (Stored, Body) {
    (stored(0), std::mem::take(&mut *next.0.lock().unwrap()))
}

async fn never(_: Double) -> crate::Result<Doubled, DoubleError> {
    std::future::pending().await
}

/// `A.0`, which answers nobody, and `B.0`, which hands bodies out.
async fn pair(net: &MemoryNetwork) -> (Bus, Bus, Next) {
    let next = Next::default();
    let b = Bus::builder("B.0").state(next.clone()).handle(hand);
    let builders = [("A.0", Bus::builder("A.0").handle(never)), ("B.0", b)];
    let [a, b] = start(net, builders).await.try_into().unwrap();
    (a, b, next)
}

async fn dropped(is_dropped: &AtomicBool) {
    while !is_dropped.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_when_its_time_is_over_leaves_all_others_their_deadlines() {
    let net = MemoryNetwork::seeded(1);
    let (a, b, next) = pair(&net).await;
    let is_dropped = next.source(|| panic!("as asked"));
    let _unread = a.send(Fetch { chunks: 0 }).with_reply_body().await.unwrap();
    dropped(&is_dropped).await;
    let late = b.send(number(1)).timeout(Duration::from_secs(1));
    let late = timeout(Duration::from_secs(60), late).await;
    assert_eq!(late, Ok(Err(SendError::TimedOut { sent: true })));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_when_nobody_wants_more_of_it_leaves_its_link() {
    let net = MemoryNetwork::seeded(1);
    let (a, _b, next) = pair(&net).await;
    let is_dropped = next.source(|| panic!("as asked"));
    let unread = a.send(Fetch { chunks: 0 }).with_reply_body().await.unwrap();
    drop(unread);
    dropped(&is_dropped).await;
    assert_eq!(a.send(Fetch { chunks: 0 }).await, Ok(stored(0)));
    assert_eq!(a.inner().peers.shared().numbers.links(), 1);
}

/// Whether others can ask the bus for anything at this moment.
fn can_be_asked(bus: &Bus) -> bool {
    let (asked, asks) = std::sync::mpsc::channel();
    let bus = bus.clone();
    std::thread::spawn(move || asked.send((bus.peers(), bus.inner().peers.all())));
    asks.recv_timeout(Duration::from_secs(5)).is_ok()
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_dropped_with_a_run_or_its_memory_may_ask_the_bus_for_anything() {
    for restarts in [true, false] {
        let net = MemoryNetwork::seeded(1);
        let (a, b, next) = pair(&net).await;
        let could = Arc::<AtomicBool>::default();
        let (noted, bus) = (could.clone(), b.clone());
        let is_dropped = next.source(move || noted.store(can_be_asked(&bus), Ordering::Relaxed));
        let _unread = a.send(Fetch { chunks: 0 }).with_reply_body().await.unwrap();
        net.kill("A.0");
        let mut peers = vec![descriptor("B.0", Incarnation(1), b.inner().book().all())];
        if restarts {
            let run = Incarnation(2);
            peers.push(descriptor("A.0", run, Subscriptions::default()));
        }
        let begin = Instant::now();
        tell(&b, 2, &peers);
        let id = PeerId::new("A.0").unwrap();
        while !restarts && b.inner().peers.get(&id).is_some() {
            b.authority().sweep();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(is_dropped.load(Ordering::Relaxed), "{restarts}");
        assert!(begin.elapsed() < Duration::from_secs(20), "not of old age");
        assert!(could.load(Ordering::Relaxed), "{restarts}");
    }
}
