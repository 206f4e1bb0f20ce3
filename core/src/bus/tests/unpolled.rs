//! Promise 20: sends whose owner does not poll them, and those behind them.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::rig::*;
use crate::bus::{Bus, MemoryBudget, SendError, Sending};
use crate::prelude::*;
use crate::session::Part;
use crate::testing::MemoryNetwork;

/// What a lane may hold.
const LANE: usize = 8 << 20;

fn command(bytes: usize) -> Double {
    Double {
        number: 1,
        text: "x".repeat(bytes),
    }
}

async fn wait(_: Double, State(gate): State<Arc<Semaphore>>) -> Doubled {
    gate.acquire().await.unwrap().forget();
    Doubled { number: 0 }
}

#[tokio::test(start_paused = true)]
async fn room_of_a_send_that_is_not_polled_is_everybody_s_once_another_has_waited_in_vain() {
    const SMALL: usize = 100_000;
    const LARGE: usize = 4_100_000;
    let net = MemoryNetwork::seeded(1);
    let gate = Arc::new(Semaphore::new(0));
    let b = Bus::builder("B.0").state(gate.clone()).handle(wait);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let send = |bytes, seconds| a.send(command(bytes)).timeout(Duration::from_secs(seconds));
    let mut sent = Vec::new();
    // Full are the queue of `B.0` and the lane.
    while let Ok(sending) = send(SMALL, 60).try_now() {
        sent.push(sending);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut called = Box::pin(send(LARGE, 60));
    let waits = timeout(Duration::from_millis(1), &mut called).await;
    assert!(waits.is_err(), "the lane has room");
    gate.add_permits(1_000);
    for sending in sent {
        sending.await.unwrap();
    }

    net.partition(&["A.0"], &["B.0"]);
    let fill = || std::iter::from_fn(|| send(SMALL, 60).try_now().ok()).collect::<Vec<_>>();
    let (half, most) = ((LANE - LARGE) / SMALL, LANE / SMALL);
    let beside = fill();
    assert!(
        (half - 1..=half).contains(&beside.len()),
        "{}",
        beside.len()
    );
    let in_vain = send(LARGE, 10).await.unwrap_err();
    assert_eq!(in_vain, SendError::TimedOut { sent: false });
    let more = fill();
    let all = beside.len() + more.len();
    assert!((most - 1..=most).contains(&all), "{all}");

    net.heal_all();
    for sending in beside.into_iter().chain(more) {
        sending.await.unwrap();
    }
    assert_eq!(called.await.unwrap().number, 0);
    drop(b);
}

async fn happened(_: Happened) {}

fn send(a: &Bus, bytes: usize) -> Sending<Double> {
    a.send(command(bytes)).timeout(Duration::from_secs(600))
}

/// `A.0` has a lane to `B.0` that holds what each has beforehand, 256 KiB, as its budget is used up;
/// most of that is taken, and a send of so many bytes waits, which nobody polls.
struct Unpolled {
    net: MemoryNetwork,
    a: Bus,
    _b: Bus,
    _others: Part,
    first: Sending<Double>,
    waits: Pin<Box<Sending<Double>>>,
}

impl Unpolled {
    async fn of(bytes: usize) -> Self {
        let net = MemoryNetwork::seeded(1);
        net.refuse_dials_to("B.0");
        let budget = MemoryBudget::new(16 << 20);
        let a = Bus::builder("A.0").memory_budget(budget.clone());
        let b = Bus::builder("B.0").handle(double).handle(happened);
        let buses = start(&net, [("A.0", a), ("B.0", b)]).await;
        let [a, b] = buses.try_into().unwrap();
        let mut others = budget.part(false);
        assert!(others.resize(14 << 20), "{budget:?}");
        let first = send(&a, 200_000).try_now().unwrap();
        let mut waits = Box::pin(send(&a, bytes));
        let early = timeout(Duration::from_millis(1), &mut waits).await;
        assert!(early.is_err(), "{early:?}");
        Self {
            net,
            a,
            _b: b,
            _others: others,
            first,
            waits,
        }
    }

    /// Empties the lane: that is acknowledged at once, and nothing more is. The send is called.
    async fn call(&mut self) {
        self.net.accept_dials_to("B.0");
        assert_eq!((&mut self.first).await.unwrap().number, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_called_for_room_and_not_polled_keeps_it_from_nobody_behind_it() {
    let mut unpolled = Unpolled::of(100_000).await;
    let behind = tokio::spawn(send(&unpolled.a, 100_000).into_future());
    // Time passes once it waits.
    tokio::time::sleep(Duration::from_millis(1)).await;
    unpolled.call().await;
    let behind = timeout(Duration::from_secs(1), behind).await;
    let behind = behind.expect("the lane is empty");
    assert_eq!(behind.unwrap().unwrap().number, 2);
    assert_eq!(unpolled.waits.await.unwrap().number, 2);
}

#[tokio::test(start_paused = true)]
async fn who_never_waits_finds_the_room_that_a_send_is_called_for_and_does_not_take() {
    /// More than the lane holds beside anything.
    const LARGE: usize = 1_000_000;
    let mut unpolled = Unpolled::of(LARGE).await;
    unpolled.call().await;
    assert!(unpolled.a.try_send(command(1)).unwrap_err().is_full());
    let sending = unpolled.a.try_send(command(1)).expect("it does not come");
    assert_eq!(sending.await.unwrap().number, 2);
    assert_eq!(unpolled.waits.await.unwrap().number, 2);

    let mut unpolled = Unpolled::of(LARGE).await;
    unpolled.call().await;
    let event = || Happened {
        place: String::new(),
        number: 1,
    };
    assert!(unpolled.a.try_publish(event()).unwrap_err().is_full());
    let published = unpolled.a.try_publish(event());
    assert_eq!(published.expect("it does not come").queued, 1);
    assert_eq!(unpolled.waits.await.unwrap().number, 2);
}
