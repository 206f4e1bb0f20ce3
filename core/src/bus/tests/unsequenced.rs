//! Commands that neither wait nor are sent again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::rig::*;
use crate::bus::{Bus, SendError, TrySendError};
use crate::id::PeerId;
use crate::message::Message;
use crate::message::raw::{RawCommand, RawType};
use crate::prelude::*;
use crate::testing::MemoryNetwork;

/// Asks for a vote in a term.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Test", lane = "votes", unsequenced, reply = Doubled)]
struct Vote {
    #[prost(uint64, tag = "1")]
    term: u64,
    #[prost(bytes = "vec", tag = "2")]
    ballast: Vec<u8>,
}

type Gate = Arc<Semaphore>;

fn vote(term: u64) -> Vote {
    let ballast = Vec::new();
    Vote { term, ballast }
}

async fn voted(vote: Vote) -> crate::Result<Doubled> {
    Ok(Doubled {
        number: vote.term * 2,
    })
}

async fn gated(vote: Vote, State(gate): State<Gate>) -> crate::Result<Doubled> {
    gate.acquire().await?.forget();
    voted(vote).await
}

fn id(name: &str) -> PeerId {
    PeerId::new(name).unwrap()
}

/// `B.0`, which votes on one permit each.
fn patient_voter() -> (Gate, crate::bus::Builder) {
    let gate = Arc::new(Semaphore::new(0));
    let b = Bus::builder("B.0").state(gate.clone()).handle(gated);
    (gate, b.handle(double.queue("doubles")))
}

/// `A.0`, which asks, and `B.0` with this handler and this gate; linked.
async fn pair(net: &MemoryNetwork, b: crate::bus::Builder) -> (Bus, Bus) {
    let [a, b] = start(net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    link(&a).await;
    (a, b)
}

/// A command that waits brings the link.
async fn link(a: &Bus) {
    let sent = a.send(number(1)).to(&id("B.0")).await;
    sent.expect("it is linked then");
}

async fn in_flight(a: &Bus, wanted: usize) {
    let peer = a.inner().peers.get(&id("B.0")).expect("it was told");
    while peer.in_flight() != wanted {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_send_fails_at_once_for_want_of_a_link_and_brings_it() {
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(voted);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let command = "Test.Vote";
    let peer = id("B.0");
    assert_eq!(
        a.send(vote(1)).await,
        Err(SendError::NoLink { peer, command })
    );
    let peer = a.inner().peers.get(&id("B.0")).unwrap();
    let dialled = tokio::time::timeout(Duration::from_secs(20), async {
        while !peer.is_linked() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    dialled.await.expect("a link, though nothing waits for it");
    for term in 1..100 {
        let number = term * 2;
        assert_eq!(a.send(vote(term)).await, Ok(Doubled { number }));
    }
    assert_eq!(b.received().handled, 99);
}

#[tokio::test(start_paused = true)]
async fn a_send_that_found_no_link_is_not_dialled_for_again_and_again() {
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(voted);
    let [a, _b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    net.refuse_dials_to("B.0");
    a.send(vote(1)).await.unwrap_err();
    tokio::time::sleep(Duration::from_secs(60)).await;
    net.accept_dials_to("B.0");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(!a.inner().peers.get(&id("B.0")).unwrap().is_linked());
}

#[tokio::test(start_paused = true)]
async fn it_passes_a_lane_that_stands_still() {
    async fn frozen(
        command: Double,
        State(gate): State<Gate>,
    ) -> crate::Result<Doubled, DoubleError> {
        gate.acquire().await?.forget();
        double(command).await
    }
    let net = MemoryNetwork::seeded(1);
    let gate = Arc::new(Semaphore::new(1));
    let b = Bus::builder("B.0")
        .state(gate.clone())
        .handle(frozen.queue("frozen"))
        .handle(voted);
    let (a, _b) = pair(&net, b).await;
    // More than its queue and its lane hold.
    let text = "x".repeat(256 << 10);
    let frozen: Vec<_> = (0..100)
        .map(|number| {
            let text = text.clone();
            tokio::spawn(
                a.send(Double { number, text })
                    .to(&id("B.0"))
                    .timeout(Duration::from_secs(9)),
            )
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    for term in 0..100 {
        let asked = a.send(vote(term)).timeout(Duration::from_millis(100));
        assert_eq!(asked.await, Ok(Doubled { number: term * 2 }));
    }
    gate.add_permits(100);
    for send in frozen {
        send.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_link_ends_it_at_once_and_it_is_not_handled_twice() {
    let net = MemoryNetwork::seeded(1);
    let (gate, b) = patient_voter();
    let (a, b) = pair(&net, b).await;
    let asked = tokio::spawn(a.send(vote(1)));
    in_flight(&a, 1).await;
    while b.received().handled < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(net.cut("A.0", "B.0"), 1);
    let ended = tokio::time::timeout(Duration::from_secs(1), asked).await;
    let (peer, sent) = (id("B.0"), true);
    assert_eq!(
        ended.expect("at once").unwrap(),
        Err(SendError::LinkLost { peer, sent })
    );
    gate.add_permits(9);
    link(&a).await;
    assert_eq!(a.send(vote(2)).await, Ok(Doubled { number: 4 }));
    assert_eq!(b.received().handled, 4, "two votes and two others");
}

#[tokio::test(start_paused = true)]
async fn its_deadline_ends_it_and_a_late_outcome_reaches_nobody() {
    let net = MemoryNetwork::seeded(1);
    let (gate, b) = patient_voter();
    let (a, _b) = pair(&net, b).await;
    let late = a.send(vote(1)).timeout(Duration::from_millis(100)).await;
    assert_eq!(late, Err(SendError::TimedOut { sent: true }));
    gate.add_permits(9);
    assert_eq!(a.send(vote(2)).await, Ok(Doubled { number: 4 }));
    in_flight(&a, 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_without_room_refuses_it_instead_of_parking_it() {
    let net = MemoryNetwork::seeded(1);
    let (gate, b) = patient_voter();
    let (a, b) = pair(&net, b).await;
    let handled = sent_beyond_its_room(&a, &gate).await;
    assert_eq!(b.received().handled, handled + 1);
}

/// Sends what its handler has no room for, and looks that just that is refused, at once; returns
/// how many were handled.
async fn sent_beyond_its_room(a: &Bus, gate: &Gate) -> u64 {
    let mut sends = tokio::task::JoinSet::new();
    // One runs or is about to, the others of 10,000 wait.
    for term in 0..10_100 {
        sends.spawn(a.send(vote(term)));
    }
    for _ in 0..99 {
        let refused = sends.join_next().await.unwrap().unwrap();
        assert_eq!(refused, Err(SendError::Overloaded));
    }
    gate.add_permits(20_000);
    let (mut handled, mut refused) = (0, 0);
    while let Some(sent) = sends.join_next().await {
        match sent.unwrap() {
            Ok(_) => handled += 1,
            Err(SendError::Overloaded) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((handled + refused, refused), (10_001, 1));
    handled
}

#[tokio::test(start_paused = true)]
async fn within_its_process_it_does_not_wait_for_room_either() {
    let net = MemoryNetwork::seeded(1);
    let gate = Arc::new(Semaphore::new(0));
    let a = Bus::builder("A.0").state(gate.clone()).handle(gated);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    sent_beyond_its_room(&a, &gate).await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_go_is_refused_with_its_reason() {
    #[derive(Clone, PartialEq, prost::Message, Command)]
    #[quibus(namespace = "Test", lane = "second", unsequenced)]
    struct Second {}
    #[derive(Clone, PartialEq, prost::Message, Command)]
    #[quibus(namespace = "Test", lane = "third", unsequenced)]
    struct Third {}

    async fn bodied(_: Second) -> crate::Result<((), crate::Body)> {
        Ok(((), "a body".into()))
    }
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0")
        .handle(voted)
        .handle(double)
        .handle(bodied);
    let (a, b) = pair(&net, b).await;
    let ballast = vec![7; 1 << 20];
    let large = a.send(Vote { term: 1, ballast }).await;
    assert!(
        matches!(large, Err(SendError::TooLarge { limit, .. }) if limit < 1 << 20),
        "{large:?}"
    );
    for bus in [&a, &b] {
        let bodied = bus.send(vote(1)).body("a body").await;
        let text = bodied.unwrap_err().to_string();
        assert!(text.contains("would have to wait"), "{text}");
    }
    assert_eq!(a.send(vote(1)).await, Ok(Doubled { number: 2 }));
    let text = a.send(Second {}).await.unwrap_err().to_string();
    assert!(text.contains("can have no body"), "{text}");
    let text = a
        .send(Third {})
        .to(&id("B.0"))
        .await
        .unwrap_err()
        .to_string();
    assert!(text.contains("would be the third"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn tried_now_it_is_sent_or_given_back_and_so_is_one_of_bytes() {
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(voted).handle(double);
    let (a, _b) = pair(&net, b).await;
    let sent = a.try_send(vote(1)).unwrap();
    assert_eq!(sent.await, Ok(Doubled { number: 2 }));
    let ballast = vec![7; 512 << 10];
    let heavy = Vote { term: 2, ballast };
    let first = a.try_send(heavy.clone()).unwrap();
    let TrySendError::Full(back) = a.try_send(heavy.clone()).unwrap_err() else {
        panic!("it was not full");
    };
    assert_eq!(back, heavy);
    assert_eq!(first.await, Ok(Doubled { number: 4 }));
    let of = RawType::new("Test.Vote").unwrap();
    let of = of.lane("votes").unwrap().unsequenced(true);
    let raw = a.send(RawCommand::new(of, prost::Message::encode_to_vec(&vote(3))));
    let reply: Doubled = prost::Message::decode(raw.await.unwrap()).unwrap();
    assert_eq!(reply.number, 6);
    let describes = (Vote::describe(), Double::describe());
    assert!(describes.0.unsequenced && !describes.1.unsequenced);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_its_outcome() {
    let net = MemoryNetwork::seeded(1);
    let (gate, b) = patient_voter();
    let (a, _b) = pair(&net, b).await;
    let asked = tokio::spawn(a.send(vote(1)));
    in_flight(&a, 1).await;
    let stopping = a.clone();
    let stop = tokio::spawn(async move { stopping.stop(Duration::from_secs(9)).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    gate.add_permits(1);
    stop.await.unwrap().unwrap();
    assert_eq!(asked.await.unwrap(), Ok(Doubled { number: 2 }));
}
