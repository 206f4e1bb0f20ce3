//! Which runtime does what.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use tokio::runtime;
use tokio::sync::Notify;

use super::rig::*;
use crate::bus::Bus;
use crate::id::Incarnation;
use crate::prelude::*;
use crate::testing::MemoryNetwork;

/// Says on which thread it ran.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Test", reply = String)]
struct Where {}

async fn thread_name(_: Where) -> String {
    let thread = std::thread::current();
    thread.name().unwrap_or_default().to_owned()
}

/// Two threads' worth of runtimes: the handlers', and the one that the bus lives on.
fn two_runtimes() -> (runtime::Runtime, runtime::Runtime) {
    let users = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("users")
        .enable_all()
        .build()
        .unwrap();
    let transport = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    (users, transport)
}

#[test]
fn handlers_run_on_the_runtime_they_were_given_and_senders_on_any() {
    let (users, transport) = two_runtimes();
    let handle = users.handle().clone();
    transport.block_on(async {
        let net = MemoryNetwork::seeded(1);
        let b = Bus::builder("B.0").handle(thread_name).handlers_on(handle);
        let [a, _b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
            .await
            .try_into()
            .unwrap();
        // The first to send is who dials: its link must not live where it does.
        let sent = users.spawn(async move { a.send(Where {}).await });
        assert_eq!(sent.await.unwrap(), Ok("users".to_owned()));
    });
}

#[test]
fn outcomes_that_come_together_wake_their_senders_also_when_the_handlers_runtime_has_ended() {
    let (users, transport) = two_runtimes();
    let handle = users.handle().clone();
    transport.block_on(async {
        let net = MemoryNetwork::seeded(1);
        let a = Bus::builder("A.0").handlers_on(handle);
        let b = Bus::builder("B.0").handle(double);
        let [a, _b] = start(&net, [("A.0", a), ("B.0", b)])
            .await
            .try_into()
            .unwrap();
        users.shutdown_background();
        let mut sends = tokio::task::JoinSet::new();
        for asked in 0..100 {
            sends.spawn(a.send(number(asked)));
        }
        let all = tokio::time::timeout(Duration::from_secs(20), sends.join_all());
        let replies = all.await.expect("a sender was not woken");
        assert!(replies.iter().all(Result::is_ok), "{replies:?}");
    });
}

/// Where a handler stands still, and its thread with it.
#[derive(Clone)]
struct Block {
    entered: Arc<Notify>,
    released: Arc<Mutex<mpsc::Receiver<()>>>,
}

async fn blocked(_: Where, State(block): State<Block>) -> String {
    block.entered.notify_one();
    let _ = block.released.lock().unwrap().recv();
    String::new()
}

#[test]
fn a_dropped_bus_frees_its_address_also_while_a_handler_blocks_its_runtime() {
    let (users, transport) = two_runtimes();
    let handle = users.handle().clone();
    let (release, released) = mpsc::channel();
    let block = Block {
        entered: Arc::default(),
        released: Arc::new(Mutex::new(released)),
    };
    transport.block_on(async {
        let net = MemoryNetwork::seeded(1);
        let b = Bus::builder("B.0").state(block.clone()).handle(blocked);
        let b = b.handlers_on(handle);
        let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)]).await;
        let [a, b] = buses.try_into().unwrap();
        let sent = tokio::spawn(a.send(Where {}));
        block.entered.notified().await;
        drop(b);
        let free = async {
            loop {
                let again = net.transport_at("memory:B.0", identity("B.0"));
                let again = Bus::builder("B.0").shared_transport(again);
                if let Ok(again) = again.as_directory(Incarnation(2)).start().await {
                    return again;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let free = tokio::time::timeout(Duration::from_secs(10), free).await;
        assert!(free.is_ok(), "it keeps its address");
        sent.abort();
    });
    drop(release);
}
