//! What a bus owes to the runs of its peers: outcomes to whom they belong, words of whom they are.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};

use super::rig::*;
use crate::bus::{Bus, SendError};
use crate::directory::{PeerState, Subscriptions};
use crate::id::{Identity, Incarnation, PeerId};
use crate::prelude::*;
use crate::testing::MemoryNetwork;
use crate::transport::{BindError, Bound, BoxFuture, DialError, Expected, Link, Transport};

/// Runs until it may end, each by its number.
#[derive(Clone)]
struct Gates {
    begun: mpsc::UnboundedSender<u64>,
    may_end: [Arc<Semaphore>; 2],
}

async fn gated(command: Double, State(gates): State<Gates>) -> crate::Result<Doubled, DoubleError> {
    let number = command.number;
    gates.begun.send(number).unwrap();
    let gate = &gates.may_end[number as usize];
    gate.acquire().await.unwrap().forget();
    double(command).await
}

/// Both commands have the same number in the same lane, each of its own run.
#[tokio::test(start_paused = true)]
async fn an_outcome_is_not_taken_for_that_of_a_later_run_s_command() {
    let net = MemoryNetwork::seeded(1);
    let (begun, mut runs) = mpsc::unbounded_channel();
    let may_end = [0, 1].map(|_| Arc::new(Semaphore::new(0)));
    let gates = Gates {
        begun,
        may_end: may_end.clone(),
    };
    let b = Bus::builder("B.0")
        .state(gates)
        .handle(gated.concurrency(2));
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let dead = tokio::spawn(async move { a.send(number(0)).await });
    assert_eq!(runs.recv().await, Some(0));

    net.kill("A.0");
    let identity = Identity::Directory(PeerId::new("A.0").unwrap());
    let second = Bus::builder("A.0")
        .shared_transport(net.transport_at("memory:A.0", identity))
        .as_directory(Incarnation(2))
        .start();
    let second = second.await.unwrap();
    let peers = [
        descriptor("A.0", Incarnation(2), Subscriptions::default()),
        descriptor("B.0", Incarnation(1), b.inner().book().all()),
    ];
    tell(&second, 1, &peers);
    second.authority().open();
    tell(&b, 2, &peers);
    let living = tokio::spawn(async move { second.send(number(1)).await });
    assert_eq!(runs.recv().await, Some(1));

    may_end[0].add_permits(1);
    while b.received().handled < 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // Long enough for an outcome that goes astray to arrive before the right one is there.
    tokio::time::sleep(Duration::from_secs(1)).await;
    may_end[1].add_permits(1);
    assert_eq!(living.await.unwrap(), Ok(Doubled { number: 2 }));
    dead.abort();
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_only_once_its_outcomes_are_taken() {
    let net = MemoryNetwork::seeded(1);
    let (begun, mut runs) = mpsc::unbounded_channel();
    let may_end = [0, 1].map(|_| Arc::new(Semaphore::new(0)));
    let gates = Gates {
        begun,
        may_end: may_end.clone(),
    };
    let b = Bus::builder("B.0").state(gates).handle(gated);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let sender = a.clone();
    let sent = tokio::spawn(async move { sender.send(number(1)).await });
    assert_eq!(runs.recv().await, Some(1));
    let stop = tokio::spawn(async move { b.stop(Duration::from_secs(20)).await });
    // The goodbye is answered meanwhile: what is left of the stop is its handler and the outcome.
    tokio::time::sleep(Duration::from_secs(1)).await;
    net.black_hole("B.0", "A.0");
    may_end[1].add_permits(1);
    // Far longer than a stop gives its last acknowledgements, and not long enough to break a link.
    tokio::time::sleep(Duration::from_secs(2)).await;
    net.heal("B.0", "A.0");
    assert!(stop.await.unwrap().unwrap().is_clean());
    assert_eq!(sent.await.unwrap(), Ok(Doubled { number: 2 }));
    drop(a);
}

/// The transport of a process that says it were somebody else: its certificate says otherwise.
struct Liar {
    inner: Arc<dyn Transport>,
    truth: PeerId,
}

impl Transport for Liar {
    fn bind<'a>(
        &'a self,
        peer: &'a PeerId,
        arrivals: mpsc::Sender<Arc<dyn Link>>,
    ) -> BoxFuture<'a, Result<Bound, BindError>> {
        Box::pin(async move {
            let bound = self.inner.bind(&self.truth, arrivals).await?;
            let identity = Identity::Directory(peer.clone());
            Ok(Bound { identity, ..bound })
        })
    }

    fn dial<'a>(
        &'a self,
        address: &'a str,
        expected: &'a Expected,
    ) -> BoxFuture<'a, Result<Arc<dyn Link>, DialError>> {
        self.inner.dial(address, expected)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_heard_under_a_name_that_its_certificate_does_not_prove() {
    let net = MemoryNetwork::seeded(1);
    let [b] = start(&net, [("B.0", Bus::builder("B.0").handle(double))])
        .await
        .try_into()
        .unwrap();
    let wanted = b.inner().book().all();
    for (claim, heard) in [("Thief.0", true), ("Shop.0", false)] {
        let truth = PeerId::new("Thief.0").unwrap();
        let inner = net.transport(Identity::Directory(truth.clone()));
        let thief = Bus::builder(claim)
            .shared_transport(Arc::new(Liar { inner, truth }))
            .as_directory(Incarnation(1))
            .start();
        let thief = thief.await.unwrap();
        let peers = [descriptor("B.0", Incarnation(1), wanted.clone())];
        tell(&thief, 1, &peers);
        thief.authority().open();
        let sent = thief.send(number(1)).timeout(Duration::from_secs(10)).await;
        match heard {
            true => assert_eq!(sent, Ok(Doubled { number: 2 }), "as {claim}"),
            false => assert_eq!(sent, Err(SendError::TimedOut { sent: false }), "as {claim}"),
        }
        drop(thief);
        net.kill("Thief.0");
    }
    assert_eq!(b.received().handled, 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_refused_as_old_leaves_what_is_known_of_the_present_one() {
    let net = MemoryNetwork::seeded(1);
    let run = async |name: &'static str, address: &str, incarnation| {
        let identity = Identity::Directory(PeerId::new(name).unwrap());
        let transport = net.transport_at(address, identity);
        let builder = Bus::builder(name).handle(double);
        let builder = builder
            .shared_transport(transport)
            .as_directory(incarnation);
        let bus = builder.start().await.unwrap();
        bus.authority().open();
        bus
    };
    let a = run("A.0", "memory:A.0", Incarnation(1)).await;
    let present = run("B.0", "memory:B.0", Incarnation(2)).await;
    let old = run("B.0", "memory:old", Incarnation(1)).await;
    let handles = a.inner().book().all();
    let known = [descriptor("A.0", Incarnation(1), handles)];
    let to = PeerId::new("A.0").unwrap();
    tell(&present, 1, &known);
    present.send(number(1)).to(&to).await.unwrap();
    let peer = a.inner().peers.get(&PeerId::new("B.0").unwrap()).unwrap();
    let before = peer.proved().unwrap();
    tell(&old, 1, &known);
    let late = old.send(number(1)).to(&to).await;
    assert_eq!(late, Err(SendError::TimedOut { sent: false }));
    assert_eq!(*peer.proved().unwrap(), *before);
}

#[tokio::test(start_paused = true)]
async fn events_that_end_with_their_receiver_are_counted() {
    async fn happened(_: Happened) {}
    let net = MemoryNetwork::seeded(1);
    net.refuse_dials_to("B.0");
    let b = Bus::builder("B.0").handle(happened);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let publish = async |count| {
        for number in 0..count {
            let place = "here".into();
            let published = a.publish(Happened { place, number }).await;
            assert_eq!(published.unwrap().queued, 1);
        }
    };
    let shown = |index, incarnation, state| {
        let me = descriptor("A.0", Incarnation(1), Subscriptions::default());
        let mut other = descriptor("B.0", Incarnation(incarnation), b.inner().book().all());
        Arc::make_mut(&mut other).state = state;
        tell(&a, index, &[me, other]);
        a.inner().peers.tally().events_lost
    };
    publish(5).await;
    assert_eq!(shown(2, 2, PeerState::Up), 5, "it has restarted");
    publish(3).await;
    assert_eq!(shown(3, 2, PeerState::Down), 8, "it is down");
    assert_eq!(shown(4, 2, PeerState::Up), 8);
    publish(1).await;
    let me = descriptor("A.0", Incarnation(1), Subscriptions::default());
    tell(&a, 5, &[me]);
    a.authority().sweep();
    assert_eq!(a.inner().peers.tally().events_lost, 9, "it is removed");
}
