//! Promise 20: messages of which several handlers get each, in queues that are full.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::memory::opening;
use super::rig::*;
use crate::bus::Bus;
use crate::dispatch::Queue;
use crate::id::PeerId;
use crate::message::Message;
use crate::peers::{Afterwards, Deliver, Peer};
use crate::prelude::*;
use crate::session::{LaneId, LaneReader, Run, kind};
use crate::testing::MemoryNetwork;

async fn gated(_: Happened, State(gate): State<Arc<Semaphore>>) {
    gate.acquire().await.unwrap().forget();
}

async fn happened(_: Happened) {}

/// `B.0`, to which `A.0` is known.
struct Receiver {
    bus: Bus,
    gate: Arc<Semaphore>,
    from: Arc<Peer>,
}

impl Receiver {
    async fn new(build: impl FnOnce(crate::bus::Builder) -> crate::bus::Builder) -> Self {
        let net = MemoryNetwork::seeded(1);
        let gate = Arc::new(Semaphore::new(0));
        let b = build(Bus::builder("B.0").state(gate.clone()));
        let [bus] = start(&net, [("B.0", b)]).await.try_into().unwrap();
        let from = PeerId::new("A.0").unwrap();
        let from = bus.inner().peers.get_or_create(&from).unwrap();
        Self { bus, gate, from }
    }

    fn lane(&self) -> (&Arc<Peer>, LaneId) {
        (&self.from, LaneId::DEFAULT)
    }

    /// How many of these it takes.
    fn deliver(&self, run: &Run) -> usize {
        let mut afterwards = Afterwards::default();
        let (from, lane) = self.lane();
        let dispatcher = &self.bus.inner().dispatcher;
        let taken = dispatcher.deliver(from, lane, run, &mut afterwards);
        afterwards.perform(from);
        taken
    }

    /// The queue of the handler that came first.
    fn queue(&self) -> Arc<Queue> {
        let handlers = self.bus.inner().dispatcher.handlers(Happened::NAME);
        handlers.unwrap().handlers[0].queue.clone()
    }

    /// Lets all of them end.
    async fn drain(&self) {
        self.gate.add_permits(100_000);
        let drained = self.bus.inner().dispatcher.drained();
        timeout(Duration::from_secs(60), drained).await.unwrap();
        self.gate.forget_permits(100_000);
    }
}

/// So many events, of so many bytes each.
fn events(count: usize, bytes: usize) -> Run {
    let place = "x".repeat(bytes);
    let event = prost::Message::encode_to_vec(&Happened { place, number: 7 });
    let mut frame = Vec::new();
    crate::wire::put_varint(&mut frame, event.len() as u64 + 2);
    frame.extend([kind::EVENT, 0]);
    frame.extend(event);
    let stream = [opening(), frame.repeat(count)].concat();
    let read = LaneReader::new().read(vec![stream.into()], Instant::now());
    Run::alone(read.unwrap().parcel, 0)
}

#[tokio::test(start_paused = true)]
async fn a_lane_does_not_wait_for_room_that_there_is_by_now() {
    let b = Receiver::new(|b| b.handle(gated.queue("gated")).handle(happened)).await;
    assert_eq!(b.deliver(&events(20_000, 0)), 10_000);
    let (queue, more) = (b.queue(), events(1, 0));
    assert_eq!(queue.room_for(&more, 1, b.lane()), 0);
    assert!(queue.wait_for_more(0, &more, 1, b.lane()), "it is full");
    assert!(queue.wait_if_full(b.lane()), "it is full");
    // As another thread may, just after the look.
    b.drain().await;
    assert!(!queue.wait_for_more(0, &more, 1, b.lane()));
    assert!(!queue.wait_if_full(b.lane()));
    assert_eq!(b.deliver(&more), 1);
}

#[tokio::test(start_paused = true)]
async fn handlers_that_share_a_queue_share_its_room() {
    const HANDLERS: usize = 4;
    let b = Receiver::new(|b| (0..HANDLERS).fold(b, |b, _| b.handle(gated))).await;
    let held = || b.bus.inner().dispatcher.held();
    assert_eq!(b.deliver(&events(20_000, 0)), 10_000 / HANDLERS);
    assert_eq!(held().1, 10_000);
    b.drain().await;
    let taken = b.deliver(&events(9, 1 << 20));
    let (_, count, cost) = held();
    assert_eq!((taken, count), (1, HANDLERS), "{cost}");
    assert!(cost <= 8 << 20, "{cost}");
    assert_eq!(b.deliver(&events(1, 1 << 20)), 0);
    b.drain().await;
    // An empty queue takes a message of any size, whoever gets it.
    assert_eq!(b.deliver(&events(2, 3 << 20)), 1);
    assert_eq!(held().1, HANDLERS);
    b.drain().await;
}
