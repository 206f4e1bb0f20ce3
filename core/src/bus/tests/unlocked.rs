//! Logs and transports are code of others: what they are given while messages are delivered may
//! ask the bus for anything, and let other threads do so.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::log_hook::when_logged;
use super::opening::Opening;
use super::rig::*;
use crate::Bincode;
use crate::bus::{Bus, SendError};
use crate::directory::Subscriptions;
use crate::id::Incarnation;
use crate::testing::MemoryNetwork;
use crate::transport::Priority;
use crate::{BindingKey, Event};

type Act = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;

/// Whether another thread can stop this bus, publish on it and look at all its lanes, while this one
/// stands where it is.
fn can_be_asked(bus: &Bus) -> bool {
    let (bus, (answers, answer)) = (bus.clone(), mpsc::channel());
    std::thread::spawn(move || {
        let dispatcher = &bus.inner().dispatcher;
        if dispatcher.seal() {
            dispatcher.unseal();
        }
        let published = bus.try_publish(event());
        answers.send((published.is_ok(), bus.memory().bytes()))
    });
    answer.recv_timeout(Duration::from_secs(5)).is_ok()
}

fn event() -> Happened {
    Happened {
        place: "fr".into(),
        number: 1,
    }
}

async fn happened(_: Happened) {}

/// What a bus is found to be when it logs these words.
fn found_when_logged(bus: &Bus, words: &'static str) -> (impl Sized, Arc<Mutex<Option<bool>>>) {
    let (bus, found) = (bus.clone(), Arc::new(Mutex::new(None)));
    let finds = found.clone();
    let hook = when_logged(words, move || {
        *finds.lock().unwrap() = Some(can_be_asked(&bus));
    });
    (hook, found)
}

async fn settled(found: &Mutex<Option<bool>>) -> bool {
    loop {
        if let Some(found) = *found.lock().unwrap() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_in_the_log_that_events_were_missed_may_have_the_bus_asked_and_stopped() {
    let net = MemoryNetwork::seeded(1);
    net.refuse_dials_to("B.0");
    let b = Bus::builder("B.0").handle(happened);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    while a.try_publish(event()).is_ok() {}
    assert_eq!(a.publish(event()).await.unwrap().missed, 1);
    let (_hook, found) = found_when_logged(&b, "events were skipped");
    net.accept_dials_to("B.0");
    assert!(settled(&found).await, "something was locked");
}

/// The same event as another version of the program has it.
mod other_version {
    use super::*;

    #[derive(Serialize, Deserialize, Event)]
    #[quibus(namespace = "Test", codec = Bincode)]
    pub(super) struct Happened {
        pub(super) number: u64,
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_in_the_log_that_messages_were_refused_may_have_the_bus_asked_and_stopped() {
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(happened);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let (_hook, found) = found_when_logged(&b, "messages were refused");
    let published = a.publish(other_version::Happened { number: 1 }).await;
    assert_eq!(published.unwrap().queued, 1);
    assert!(settled(&found).await, "something was locked");
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_is_called_because_a_command_was_refused_may_have_the_bus_asked() {
    let net = MemoryNetwork::seeded(1);
    let act = Act::default();
    let acting = act.clone();
    let inner = net.transport_at("memory:B.0", identity("B.0"));
    let b = Bus::builder("B.0").shared_transport(Opening::new(inner, move |priority, outgoing| {
        if priority == Priority::OUTCOMES {
            let act = acting.lock().unwrap().take();
            act.into_iter().for_each(|act| act());
        }
        outgoing
    }));
    let b = b.as_directory(Incarnation(1)).start().await.unwrap();
    let a = Bus::builder("A.0").handle(happened);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    // What it says it handles it does not.
    let mut wants = Subscriptions::default();
    wants.set("Test.Double", vec![BindingKey::any()]);
    let peers = [
        descriptor("A.0", Incarnation(1), a.inner().book().all()),
        descriptor("B.0", Incarnation(1), wants),
    ];
    for bus in [&a, &b] {
        tell(bus, 2, &peers);
    }
    b.authority().open();
    assert_eq!(b.publish(event()).await.unwrap().queued, 1);
    while a.received().handled == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    let (asked, found) = (b.clone(), Arc::new(Mutex::new(None)));
    let finds = found.clone();
    *act.lock().unwrap() = Some(Box::new(move || {
        *finds.lock().unwrap() = Some(can_be_asked(&asked));
    }));
    assert_eq!(a.send(number(1)).await, Err(SendError::Unhandled));
    assert_eq!(*found.lock().unwrap(), Some(true), "something was locked");
}
