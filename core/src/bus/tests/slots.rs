//! Promise 21: a handler that awaits a send frees its slot, so that nothing deadlocks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::rig::*;
use crate::bus::{Builder, Bus, SendError};
use crate::dispatch::Queue;
use crate::prelude::*;
use crate::testing::MemoryNetwork;

/// Calls back the sender until the number is 0.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Test", reply = Doubled)]
struct CountDown {
    #[prost(uint64, tag = "1")]
    number: u64,
}

async fn count_down(command: CountDown, bus: Bus, from: Sender) -> Result<Doubled, SendError> {
    match command.number {
        0 => Ok(Doubled { number: 0 }),
        number => {
            let next = CountDown { number: number - 1 };
            let below = bus.send(next).to(from.peer()).await?;
            Ok(Doubled {
                number: below.number + 2,
            })
        }
    }
}

#[tokio::test(start_paused = true)]
async fn calls_may_cycle_a_hundred_deep() {
    let net = MemoryNetwork::seeded(1);
    let a = Bus::builder("A.0").handle(count_down);
    let b = Bus::builder("B.0").handle(count_down);
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let reply = a
        .send(CountDown { number: 100 })
        .to(b.peer())
        .await
        .unwrap();
    assert_eq!(reply.number, 200);
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_send_to_itself() {
    let net = MemoryNetwork::seeded(1);
    let a = Bus::builder("A.0").handle(count_down);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    assert_eq!(a.send(CountDown { number: 100 }).await.unwrap().number, 200);
}

#[tokio::test(start_paused = true)]
async fn an_exclusive_handler_that_sends_to_itself_ends_by_its_deadline() {
    let net = MemoryNetwork::seeded(1);
    let a = Bus::builder("A.0").handle(count_down.exclusive());
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    let sent = a
        .send(CountDown { number: 1 })
        .timeout(Duration::from_secs(1))
        .await;
    assert_eq!(sent, Err(SendError::TimedOut { sent: true }));
}

#[tokio::test(start_paused = true)]
async fn messages_start_in_order_and_run_one_at_a_time_unless_more_are_allowed() {
    #[derive(Clone, Default)]
    struct Most {
        now: Arc<AtomicUsize>,
        most: Arc<AtomicUsize>,
    }
    async fn busy(
        command: Double,
        State(most): State<Most>,
    ) -> crate::Result<Doubled, DoubleError> {
        let now = most.now.fetch_add(1, Ordering::SeqCst) + 1;
        most.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(5)).await;
        most.now.fetch_sub(1, Ordering::SeqCst);
        double(command).await
    }
    for (allowed, expected) in [(1, 1), (4, 4)] {
        let net = MemoryNetwork::seeded(1);
        let most = Most::default();
        let b = Bus::builder("B.0")
            .state(most.clone())
            .handle(busy.concurrency(allowed));
        let [a, _b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
            .await
            .try_into()
            .unwrap();
        let mut sends = tokio::task::JoinSet::new();
        for n in 0..40 {
            let a = a.clone();
            sends.spawn(async move { a.send(number(n)).await.unwrap() });
        }
        sends.join_all().await;
        assert_eq!(most.most.load(Ordering::SeqCst), expected);
    }
}

/// Each event makes its receiver publish two more, into the other's full lane.
#[tokio::test(start_paused = true)]
async fn two_peers_that_publish_into_each_others_full_lanes_do_not_deadlock() {
    #[derive(Clone, Default)]
    struct Handled(Arc<AtomicUsize>);
    async fn echo(event: Happened, bus: Bus, State(handled): State<Handled>) {
        handled.0.fetch_add(1, Ordering::SeqCst);
        if event.number > 0 {
            let here = if bus.peer().as_str() == "A.0" {
                "b"
            } else {
                "a"
            };
            let place = format!("{here}{}", "x".repeat(4000));
            for _ in 0..2 {
                let event = Happened {
                    place: place.clone(),
                    number: event.number - 1,
                };
                let _ = bus.publish(event).await;
            }
        }
    }
    let net = MemoryNetwork::seeded(1);
    let handled = Handled::default();
    let a = Bus::builder("A.0").state(handled.clone()).handle(echo);
    let b = Bus::builder("B.0").state(handled.clone()).handle(echo);
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    for _ in 0..64 {
        let place = format!("a{}", "x".repeat(4000));
        a.publish(Happened { place, number: 8 }).await.unwrap();
    }
    let mut before = usize::MAX;
    while handled.0.load(Ordering::SeqCst) != before {
        before = handled.0.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
    assert!(before > 64 * 100, "{before}");
    assert_eq!(
        a.send(Double::default()).await,
        Err(SendError::NoPeer {
            command: "Test.Double"
        })
    );
    drop(b);
}

/// What a handler that asks `B.0` does, and the events that start meanwhile.
#[derive(Debug, Clone, Default)]
struct Order(Arc<Mutex<Vec<String>>>);

impl Order {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    /// Where in the order this stands.
    fn place_of(&self, what: &str) -> usize {
        let order = self.0.lock().unwrap();
        let place = order.iter().position(|noted| noted == what);
        place.unwrap_or_else(|| panic!("no {what} in {order:?}"))
    }
}

async fn asks(_: CountDown, bus: Bus, State(order): State<Order>) -> Doubled {
    let doubled = bus.send(number(1)).await.unwrap();
    order.note("went on");
    doubled
}

async fn answers(_: Double, State(gate): State<Arc<Semaphore>>) -> Doubled {
    gate.acquire().await.unwrap().forget();
    Doubled { number: 2 }
}

fn event(number: u64) -> Happened {
    let place = String::new();
    Happened { place, number }
}

async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// `A.0`, which notes what it does, and `B.0`, which answers what it asks once the gate lets it.
async fn asking(
    order: &Order,
    handle: impl FnOnce(Builder) -> Builder,
) -> (Bus, Bus, Arc<Semaphore>) {
    let net = MemoryNetwork::seeded(1);
    let gate = Arc::new(Semaphore::new(0));
    let a = Bus::builder("A.0").state(order.clone()).handle(asks);
    let b = Bus::builder("B.0").state(gate.clone()).handle(answers);
    let buses = start(&net, [("A.0", handle(a)), ("B.0", b)]).await;
    let [a, b] = buses.try_into().unwrap();
    (a, b, gate)
}

#[tokio::test(start_paused = true)]
async fn a_suspended_handler_goes_on_before_the_next_message_that_a_worker_has_in_hand() {
    const EVENTS: u64 = 200;
    async fn takes_long(event: Happened, State(order): State<Order>) {
        order.note(format!("event {}", event.number));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let order = Order::default();
    let (a, b, gate) = asking(&order, |a| a.handle(takes_long)).await;
    let asked = tokio::spawn(a.send(CountDown { number: 0 }));
    until(|| b.received().handled == 1).await;
    for number in 0..EVENTS {
        b.publish(event(number)).await.unwrap();
    }
    until(|| a.received().handled == 1 + EVENTS).await;
    let started = order.0.lock().unwrap().len();
    assert!(started < 5, "{started} events before the reply");

    order.note("replied");
    gate.add_permits(1);
    assert_eq!(asked.await.unwrap().unwrap().number, 2);
    let between = order.place_of("went on") - order.place_of("replied") - 1;
    assert!(between <= 1, "{between} events started before it went on");
    // The rest is neither lost nor out of its place.
    until(|| a.inner().dispatcher.held().1 == 0).await;
    let places: Vec<_> = (0..EVENTS)
        .map(|number| order.place_of(&format!("event {number}")))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
}

/// The handlers have threads of their own: one stands still in the first event while the other
/// brings the reply.
#[test]
fn it_goes_on_before_the_next_message_also_where_none_of_them_waits() {
    #[derive(Clone)]
    struct Reply {
        gate: Arc<Semaphore>,
        queue: Arc<OnceLock<Arc<Queue>>>,
    }
    async fn never_waits(event: Happened, State(order): State<Order>, State(reply): State<Reply>) {
        order.note(format!("event {}", event.number));
        if event.number == 0 {
            reply.gate.add_permits(1);
            let queue = reply.queue.get().unwrap();
            while !queue.is_waited_for() {
                std::thread::yield_now();
            }
        }
    }
    let users = tokio::runtime::Builder::new_multi_thread();
    let users = { users }.worker_threads(2).enable_all().build().unwrap();
    let here = tokio::runtime::Builder::new_current_thread();
    let here = { here }.enable_all().build().unwrap();
    here.block_on(async {
        let net = MemoryNetwork::seeded(1);
        let (order, gate) = (Order::default(), Arc::new(Semaphore::new(0)));
        let queue = Arc::<OnceLock<_>>::default();
        let reply = Reply {
            gate: gate.clone(),
            queue: queue.clone(),
        };
        let a = Bus::builder("A.0").state(order.clone()).state(reply);
        let a = a.handlers_on(users.handle().clone());
        let a = a.handle(asks).handle(never_waits);
        let b = Bus::builder("B.0").state(gate).handle(answers);
        let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
            .await
            .try_into()
            .unwrap();
        let known = a.inner().dispatcher.handlers("Test.Happened").unwrap();
        queue.set(known.handlers[0].queue.clone()).unwrap();
        let asked = tokio::spawn(a.send(CountDown { number: 0 }));
        until(|| b.received().handled == 1).await;
        // In one go, so that they come as one run.
        for number in 0..10 {
            b.publish(event(number)).await.unwrap();
        }
        assert_eq!(asked.await.unwrap().unwrap().number, 2);
        until(|| a.inner().dispatcher.held().1 == 0).await;
        assert_eq!(order.place_of("went on"), 1, "{order:?}");
        assert_eq!(order.place_of("event 9"), 10);
    });
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_slot_goes_on_when_the_queue_is_widened() {
    async fn stands_still(event: Happened, State(order): State<Order>) {
        order.note(format!("event {}", event.number));
        std::future::pending::<()>().await;
    }
    let order = Order::default();
    let (a, b, gate) = asking(&order, |a| a.handle(stands_still)).await;
    let asked = tokio::spawn(a.send(CountDown { number: 0 }));
    until(|| b.received().handled == 1).await;
    for number in 0..4 {
        a.publish(event(number)).await.unwrap();
    }
    gate.add_permits(1);
    let known = a.inner().dispatcher.handlers("Test.Happened").unwrap();
    let queue = &known.handlers[0].queue;
    until(|| queue.is_waited_for()).await;
    assert_eq!(*order.0.lock().unwrap(), ["event 0"]);

    let soon = Duration::from_secs(1);
    queue.widen(2);
    let replied = tokio::time::timeout(soon, asked).await;
    assert_eq!(replied.expect("no slot for it").unwrap().unwrap().number, 2);
    tokio::time::sleep(soon).await;
    assert_eq!(*order.0.lock().unwrap(), ["event 0", "went on", "event 1"]);
    queue.widen(4);
    tokio::time::sleep(soon).await;
    let last = order.0.lock().unwrap()[3..].to_vec();
    assert_eq!(last, ["event 2", "event 3"]);
}
