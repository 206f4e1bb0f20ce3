//! Small messages beside large ones in one lane: each has its turn.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep};

use super::opening::Opening;
use super::rig::*;
use crate::bus::Bus;
use crate::id::Incarnation;
use crate::testing::MemoryNetwork;
use crate::transport::{Outgoing, Priority};

/// Between two batches that the network takes.
const BATCH: Duration = Duration::from_millis(100);
/// Between two small messages: less than between two batches, and no part of that.
const PAUSE: Duration = Duration::from_millis(37);
const NONE: Duration = Duration::ZERO;
const WARM: usize = 64;

/// A lane that the network is slow on: it takes a batch of messages now and then.
struct SlowLane {
    inner: Box<dyn Outgoing>,
    next: Pin<Box<Sleep>>,
}

/// What the network gets of a lane.
fn slowed(priority: Priority, inner: Box<dyn Outgoing>) -> Box<dyn Outgoing> {
    let next = Box::pin(sleep(Duration::ZERO));
    match priority {
        Priority::APPLICATION => Box::new(SlowLane { inner, next }),
        _ => inner,
    }
}

impl Outgoing for SlowLane {
    fn poll_take(&mut self, context: &mut Context<'_>, chunks: &mut Vec<Bytes>) -> Poll<bool> {
        std::task::ready!(self.next.as_mut().poll(context));
        let taken = self.inner.poll_take(context, chunks);
        if taken.is_ready() {
            self.next.as_mut().reset(Instant::now() + BATCH);
        }
        taken
    }
}

/// Two buses with such a network between them.
async fn pair() -> [Bus; 2] {
    async fn happened(_: Happened) {}
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(happened);
    let [b] = start(&net, [("B.0", b)]).await.try_into().unwrap();
    let slow = Opening::new(net.transport_at("memory:A.0", identity("A.0")), slowed);
    let a = Bus::builder("A.0").shared_transport(slow);
    let a = a.as_directory(Incarnation(1)).start().await.unwrap();
    let wanted = b.inner().book().all();
    tell(&a, 1, &[descriptor("B.0", Incarnation(1), wanted)]);
    a.authority().open();
    // What comes before there is a link, and for want of credit, waits in the log: so there is one by
    // now, and enough for all that may wait for the network.
    publish(a.clone(), 64 << 10, WARM, NONE).await;
    handled(&b, WARM as u64).await;
    [a, b]
}

async fn handled(bus: &Bus, count: u64) {
    while bus.received().handled < count {
        sleep(Duration::from_millis(1)).await;
    }
}

fn event(bytes: usize) -> Happened {
    Happened {
        place: "x".repeat(bytes),
        number: 1,
    }
}

/// Publishes so many of so many bytes, with this pause between two, and says how long the longest had
/// to wait.
async fn publish(bus: Bus, bytes: usize, times: usize, pause: Duration) -> Duration {
    let mut longest = Duration::ZERO;
    for _ in 0..times {
        let begun = Instant::now();
        let published = bus.publish(event(bytes)).await.unwrap();
        assert_eq!((published.queued, published.missed), (1, 0));
        longest = longest.max(begun.elapsed());
        if !pause.is_zero() {
            sleep(pause).await;
        }
    }
    longest
}

#[tokio::test(start_paused = true)]
async fn small_events_have_their_turn_beside_large_ones_and_their_receiver_is_not_called_slow() {
    let [a, b] = pair().await;
    let large = [64 << 10, 30 << 10].map(|len| tokio::spawn(publish(a.clone(), len, 300, NONE)));
    let small = tokio::spawn(publish(a.clone(), 100, 100, PAUSE));
    let longest = small.await.unwrap();
    assert!(longest <= 3 * BATCH, "{longest:?}");
    for publisher in large {
        let longest = publisher.await.unwrap();
        assert!(longest <= 3 * BATCH, "{longest:?}");
    }
    assert_eq!(a.peers()[0].exchange.missed, 0);
    handled(&b, WARM as u64 + 700).await;
}

#[tokio::test(start_paused = true)]
async fn small_events_joined_with_large_ones_in_one_task_have_their_turn_too() {
    let [a, _b] = pair().await;
    let large = publish(a.clone(), 64 << 10, 300, NONE);
    let small = publish(a.clone(), 100, 100, PAUSE);
    let (_, longest) = tokio::join!(large, small);
    assert!(longest <= 3 * BATCH, "{longest:?}");
}
