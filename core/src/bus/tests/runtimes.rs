//! Which runtime does what.

use std::time::Duration;

use tokio::runtime;

use super::rig::*;
use crate::bus::Bus;
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
