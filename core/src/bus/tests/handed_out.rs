//! Promise 21: messages start in the order in which workers take them, also where several run at
//! once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::runtime::Builder as RuntimeBuilder;
use tokio::sync::Semaphore;
use tower::{Layer, Service};

use super::owed::{Fetch, LANE, PAGE, Page, fetch_all};
use super::rig::*;
use crate::bus::Bus;
use crate::dispatch::BoxError;
use crate::layer::{Call, HandlerFuture, HandlerService, Outcome};
use crate::prelude::*;
use crate::session::LaneId;
use crate::testing::MemoryNetwork;

const LONG: Duration = Duration::from_secs(20);

/// The numbers of those that have started.
type Started = Arc<Mutex<Vec<u64>>>;

async fn until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LONG, "it never is");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_turn_of_a_worker_ends_between_taking_a_message_and_starting_it() {
    /// More than a worker runs in one turn, twice.
    const EVENTS: u64 = 5_000;
    async fn happened(
        event: Happened,
        State(started): State<Started>,
        State(gate): State<Arc<Semaphore>>,
    ) {
        started.lock().unwrap().push(event.number);
        if event.number < 2 {
            gate.acquire().await.unwrap().forget();
        }
    }
    let net = MemoryNetwork::seeded(1);
    let (started, gate) = (Started::default(), Arc::new(Semaphore::new(0)));
    let b = Bus::builder("B.0").state(started.clone());
    let b = b.state(gate.clone()).handle(happened.concurrency(2));
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    for number in 0..EVENTS {
        let place = String::new();
        a.publish(Happened { place, number }).await.unwrap();
    }
    until(|| b.received().handled == EVENTS).await;
    gate.add_permits(2);
    until(|| b.inner().dispatcher.held().1 == 0).await;
    let started = started.lock().unwrap();
    assert_eq!(started.len() as u64, EVENTS);
    let late = started.windows(2).find(|two| two[0] > two[1]);
    assert!(late.is_none(), "{late:?}");
}

/// A flag that some thread waits for.
#[derive(Clone, Default)]
struct Flag(Arc<AtomicBool>);

impl Flag {
    fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn wait(&self) {
        let begun = Instant::now();
        while !self.0.load(Ordering::SeqCst) && begun.elapsed() < LONG {
            std::thread::yield_now();
        }
    }
}

/// A layer whose service is cloned for long, once, when a worker has taken its first message.
#[derive(Clone, Default)]
struct Slow {
    armed: Flag,
    has_taken: Flag,
    goes_on: Flag,
    /// Nothing more comes to who sends the commands.
    frozen: Flag,
    started: Started,
}

struct SlowService(Slow, HandlerService);

impl Layer<HandlerService> for Slow {
    type Service = SlowService;

    fn layer(&self, inner: HandlerService) -> SlowService {
        SlowService(self.clone(), inner)
    }
}

impl Clone for SlowService {
    fn clone(&self) -> Self {
        if self.0.armed.0.swap(false, Ordering::SeqCst) {
            self.0.has_taken.set();
            self.0.goes_on.wait();
        }
        Self(self.0.clone(), self.1.clone())
    }
}

impl Service<Call> for SlowService {
    type Response = Outcome;
    type Error = BoxError;
    type Future = HandlerFuture;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.1.poll_ready(context)
    }

    fn call(&mut self, call: Call) -> HandlerFuture {
        self.1.call(call)
    }
}

/// The handlers have threads of their own. One takes the second command and is held up before it
/// has started that; the other goes on, until their sender is owed so much that no other starts.
#[test]
fn a_command_that_was_taken_starts_although_its_sender_is_owed_too_much_by_then() {
    const COMMANDS: u64 = 1_000;
    async fn fetch(command: Fetch, State(slow): State<Slow>) -> Page {
        if command.number == 0 {
            slow.armed.set();
        }
        slow.started.lock().unwrap().push(command.number);
        if command.number == 0 {
            slow.has_taken.wait();
            slow.frozen.wait();
        }
        let bytes = vec![7; PAGE];
        Page { bytes }
    }
    let users = RuntimeBuilder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let here = RuntimeBuilder::new_current_thread().enable_all().build();
    here.unwrap().block_on(async {
        let net = MemoryNetwork::seeded(1);
        let slow = Slow::default();
        let b = Bus::builder("B.0").state(slow.clone());
        let b = b.handlers_on(users.handle().clone());
        let b = b.handle(fetch.layer(slow.clone()).concurrency(2));
        let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
            .await
            .try_into()
            .unwrap();
        let first = fetch_all(&a, 0..1, LONG);
        until(|| slow.started.lock().unwrap().contains(&0)).await;
        let sent = fetch_all(&a, 1..COMMANDS, LONG);
        until(|| b.received().handled == COMMANDS).await;
        net.black_hole("B.0", "A.0");
        slow.frozen.set();

        let a = b.inner().peers.get(a.peer()).unwrap();
        until(|| a.is_owed_too_much(LaneId::DEFAULT)).await;
        assert!(!slow.started.lock().unwrap().contains(&1));
        slow.goes_on.set();
        until(|| slow.started.lock().unwrap().contains(&1)).await;
        let owed = a.lanes().out(LaneId::OUTCOMES).held();
        assert!(owed < LANE + 3 * PAGE, "{owed}");
        drop((first, sent));
    });
}
