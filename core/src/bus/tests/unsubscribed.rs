//! A handler that was removed is let go of by the workers that ran it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use super::rig::*;
use crate::bus::{Bus, Live};
use crate::prelude::*;
use crate::testing::MemoryNetwork;

const LONG: Duration = Duration::from_secs(60);

fn event(number: u64) -> Happened {
    let place = "fr".into();
    Happened { place, number }
}

async fn alone(gate: &Arc<Semaphore>) -> Bus {
    let net = MemoryNetwork::seeded(1);
    let a = Bus::builder("A.0").state(gate.clone()).handle(double_late);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    a
}

/// A handler that says what it is given, and how to hear it: until the handler is gone.
async fn saying(bus: &Bus) -> (Live, mpsc::Receiver<u64>) {
    let (says, said) = mpsc::channel(9);
    let handler = move |event: Happened| {
        let says = says.clone();
        async move { says.send(event.number).await.unwrap() }
    };
    (bus.subscribe(handler).await.unwrap(), said)
}

#[tokio::test(start_paused = true)]
async fn an_idle_worker_lets_go_of_a_handler_that_is_removed() {
    let a = alone(&Arc::new(Semaphore::new(0))).await;
    let (live, mut said) = saying(&a).await;
    a.publish(event(1)).await.unwrap();
    assert_eq!(said.recv().await, Some(1));
    // Time passes once everybody is idle.
    sleep(Duration::from_millis(1)).await;
    live.unsubscribe().await.unwrap();
    assert_eq!(timeout(LONG, said.recv()).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn what_was_queued_for_a_handler_before_it_was_removed_runs_and_then_it_is_let_go_of() {
    let a = alone(&Arc::new(Semaphore::new(0))).await;
    let (live, mut said) = saying(&a).await;
    a.publish(event(1)).await.unwrap();
    drop(live);
    assert_eq!(said.recv().await, Some(1));
    assert_eq!(timeout(LONG, said.recv()).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_never_idle_lets_go_of_removed_handlers_when_a_new_one_comes() {
    let gate = Arc::new(Semaphore::new(0));
    let a = alone(&gate).await;
    let first = tokio::spawn(a.send(number(1)));
    sleep(Duration::from_millis(1)).await;
    let (live, mut said) = saying(&a).await;
    a.publish(event(1)).await.unwrap();
    drop(live);
    let entered = Arc::new(Semaphore::new(0));
    let enters = entered.clone();
    let hangs = move |_: Happened| {
        enters.add_permits(1);
        std::future::pending::<()>()
    };
    let _live = a.subscribe(hangs).await.unwrap();
    a.publish(event(2)).await.unwrap();
    gate.add_permits(1);
    first.await.unwrap().unwrap();
    entered.acquire().await.unwrap().forget();
    assert_eq!(said.recv().await, Some(1));
    assert_eq!(timeout(LONG, said.recv()).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_handler_hangs_lets_go_of_those_that_are_removed_meanwhile() {
    let gate = Arc::new(Semaphore::new(0));
    let a = alone(&gate).await;
    let (first, mut first_said) = saying(&a).await;
    let (second, mut second_said) = saying(&a).await;
    a.publish(event(1)).await.unwrap();
    for said in [&mut first_said, &mut second_said] {
        assert_eq!(said.recv().await, Some(1));
    }
    sleep(Duration::from_millis(1)).await;
    // The same worker, behind both.
    let hanging = tokio::spawn(a.send(number(4)));
    sleep(Duration::from_millis(1)).await;
    first.unsubscribe().await.unwrap();
    assert_eq!(timeout(LONG, first_said.recv()).await, Ok(None));
    second.unsubscribe().await.unwrap();
    assert_eq!(timeout(LONG, second_said.recv()).await, Ok(None));
    gate.add_permits(1);
    assert_eq!(hanging.await.unwrap().unwrap().number, 8);
}

/// Asks for twice a number by asking another.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Test", reply = Doubled, error = DoubleError)]
struct Pass {}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_handler_awaits_a_send_lets_go_of_those_that_are_removed_meanwhile() {
    async fn pass(_: Pass, bus: Bus) -> crate::Result<Doubled, DoubleError> {
        Ok(bus.send(number(4)).await?)
    }
    let gate = Arc::new(Semaphore::new(0));
    let a = alone(&gate).await;
    let _pass = a.subscribe(pass).await.unwrap();
    let (live, mut said) = saying(&a).await;
    a.publish(event(1)).await.unwrap();
    assert_eq!(said.recv().await, Some(1));
    sleep(Duration::from_millis(1)).await;
    let passing = tokio::spawn(a.send(Pass {}));
    sleep(Duration::from_millis(1)).await;
    drop(live);
    assert_eq!(timeout(LONG, said.recv()).await, Ok(None));
    gate.add_permits(1);
    assert_eq!(passing.await.unwrap().unwrap().number, 8);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_removed_while_it_runs_is_let_go_of_when_it_ends_whatever_comes_next() {
    let gate = Arc::new(Semaphore::new(1));
    let a = alone(&gate).await;
    // The worker need not make room for it later, and look around for that.
    assert_eq!(a.send(number(1)).await.unwrap().number, 2);
    let (says, mut said) = mpsc::channel(1);
    // It hangs until what it says is heard.
    let handler = move |event: Happened| {
        let says = says.clone();
        async move {
            for _ in 0..3 {
                says.send(event.number).await.unwrap();
            }
        }
    };
    let live = a.subscribe(handler).await.unwrap();
    a.publish(event(1)).await.unwrap();
    sleep(Duration::from_millis(1)).await;
    let hanging = tokio::spawn(a.send(number(4)));
    sleep(Duration::from_millis(1)).await;
    drop(live);
    sleep(Duration::from_millis(1)).await;
    for _ in 0..3 {
        assert_eq!(said.recv().await, Some(1));
    }
    assert_eq!(timeout(LONG, said.recv()).await, Ok(None));
    gate.add_permits(1);
    assert_eq!(hanging.await.unwrap().unwrap().number, 8);
}

#[tokio::test(start_paused = true)]
async fn a_removed_handler_that_panics_when_it_is_dropped_ends_no_queue() {
    struct Panics(Arc<AtomicBool>);
    impl Drop for Panics {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
            panic!("as asked");
        }
    }
    let a = alone(&Arc::new(Semaphore::new(9))).await;
    let dropped = Arc::new(AtomicBool::new(false));
    let panics = Panics(dropped.clone());
    let handler = move |_: Happened| {
        let _ = &panics;
        std::future::ready(())
    };
    let live = a.subscribe(handler).await.unwrap();
    a.publish(event(1)).await.unwrap();
    sleep(Duration::from_millis(1)).await;
    drop(live);
    sleep(Duration::from_millis(1)).await;
    assert!(dropped.load(Ordering::SeqCst));
    for n in [1, 2] {
        assert_eq!(a.send(number(n)).await.unwrap().number, 2 * n);
    }
}
