//! Which runtime does what.

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

#[test]
fn handlers_run_on_the_runtime_they_were_given_and_senders_on_any() {
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
