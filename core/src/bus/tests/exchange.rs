//! Commands, events and their ends between two buses.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use tokio::sync::mpsc;

use super::rig::*;
use crate::bus::{Bus, PeerEvent, SendError};
use crate::directory::{Subscriptions, ViewEvent};
use crate::id::{Incarnation, PeerId};
use crate::message::{Codec, DecodeError, EncodeError, Prost};
use crate::prelude::*;
use crate::testing::MemoryNetwork;

async fn happened(event: Happened, State(seen): State<mpsc::Sender<u64>>) {
    seen.send(event.number).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_command_is_answered_across_two_processes() {
    let net = MemoryNetwork::seeded(1);
    let a = Bus::builder("A.0");
    let b = Bus::builder("B.0").handle(double);
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    for n in 0..100 {
        assert_eq!(a.send(number(n)).await.unwrap().number, 2 * n);
    }
    assert_eq!(b.received().handled, 100);
}

#[tokio::test(start_paused = true)]
async fn every_end_of_a_command_is_told_as_what_it_was() {
    let net = MemoryNetwork::seeded(1);
    let (a, b) = (Bus::builder("A.0"), Bus::builder("B.0").handle(double));
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let say = |text: &str| Double {
        number: 1,
        text: text.into(),
    };
    let bad = a.send(say("bad")).await;
    assert_eq!(
        bad,
        Err(SendError::Rejected(DoubleError::Bad("bad".into())))
    );
    let odd = a.send(say("odd")).await;
    assert_eq!(
        odd,
        Err(SendError::Failed {
            code: 0,
            text: "an odd failure".into()
        })
    );
    assert_eq!(a.send(say("panic")).await, Err(SendError::Panicked));
    assert_eq!(
        a.send(number(4)).await.unwrap().number,
        8,
        "the queue outlives a panic"
    );
    let huge = say(&"x".repeat(5 << 20));
    assert!(matches!(
        a.send(huge).await,
        Err(SendError::TooLarge { .. })
    ));
    let nobody = PeerId::new("C.0").unwrap();
    assert_eq!(
        a.send(number(1)).to(&nobody).await,
        Err(SendError::NotThere { peer: nobody })
    );
    // The same in one process.
    assert_eq!(
        b.send(say("bad")).await,
        Err(SendError::Rejected(DoubleError::Bad("bad".into())))
    );
    assert_eq!(b.send(say("panic")).await, Err(SendError::Panicked));
    assert_eq!(b.send(number(5)).await.unwrap().number, 10);
}

#[tokio::test(start_paused = true)]
async fn events_reach_whom_they_match_once_and_in_order() {
    let net = MemoryNetwork::seeded(1);
    let (seen, mut all) = mpsc::channel(10_000);
    let (fr, mut french) = mpsc::channel(10_000);
    let keys = || Happened::route().place("fr");
    let a = Bus::builder("A.0");
    let b = Bus::builder("B.0").state(seen).handle(happened);
    let c = Bus::builder("C.0")
        .state(fr)
        .handle(happened.matching([keys(), keys()]));
    let [a, _b, _c] = start(&net, [("A.0", a), ("B.0", b), ("C.0", c)])
        .await
        .try_into()
        .unwrap();
    for number in 0..3000_u64 {
        let place = if number % 3 == 0 { "fr" } else { "de" }.into();
        let published = a.publish(Happened { place, number }).await.unwrap();
        assert_eq!(
            (published.queued, published.missed),
            (1 + usize::from(number % 3 == 0), 0)
        );
    }
    for number in 0..3000_u64 {
        assert_eq!(all.recv().await, Some(number));
        if number % 3 == 0 {
            assert_eq!(french.recv().await, Some(number));
        }
    }
    assert!(all.try_recv().is_err() && french.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_doubled_or_reordered_while_links_are_cut() {
    let net = MemoryNetwork::seeded(5);
    let (seen, mut all) = mpsc::channel(100_000);
    let a = Bus::builder("A.0");
    let b = Bus::builder("B.0")
        .state(seen)
        .handle(happened)
        .handle(double);
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let outcomes = Arc::new(Mutex::new(0));
    let mut sends = tokio::task::JoinSet::new();
    for number in 0..20_000_u64 {
        a.publish(Happened {
            place: "fr".into(),
            number,
        })
        .await
        .unwrap();
        if number % 50 == 0 {
            let (a, outcomes) = (a.clone(), outcomes.clone());
            sends.spawn(async move {
                assert_eq!(
                    a.send(super::rig::number(number)).await.unwrap().number,
                    2 * number
                );
                *outcomes.lock().unwrap() += 1;
            });
        }
        if number % 400 == 0 {
            net.cut("A.0", "B.0");
            tokio::time::sleep(Duration::from_millis(number % 7)).await;
        }
    }
    for number in 0..20_000_u64 {
        assert_eq!(all.recv().await, Some(number));
    }
    while let Some(sent) = sends.join_next().await {
        sent.unwrap();
    }
    assert_eq!(*outcomes.lock().unwrap(), 400);
    assert!(net.faults().links_cut > 20, "{:?}", net.faults());
    assert!(all.try_recv().is_err());
    drop(b);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_send_that_nobody_answers() {
    async fn never(_: Double) -> crate::Result<Doubled, DoubleError> {
        std::future::pending().await
    }
    let net = MemoryNetwork::seeded(1);
    let (a, b) = (Bus::builder("A.0"), Bus::builder("B.0").handle(never));
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let begin = tokio::time::Instant::now();
    let sent = a.send(number(1)).timeout(Duration::from_millis(300)).await;
    assert_eq!(sent, Err(SendError::TimedOut { sent: true }));
    let took = begin.elapsed().as_millis();
    assert!((300..=310).contains(&took), "{took} ms");
    let here = b.send(number(1)).timeout(Duration::from_millis(300)).await;
    assert_eq!(here, Err(SendError::TimedOut { sent: true }));
}

#[tokio::test(start_paused = true)]
async fn a_stop_finishes_what_was_accepted_on_either_side() {
    async fn slow(command: Double) -> crate::Result<Doubled, DoubleError> {
        tokio::time::sleep(Duration::from_millis(50)).await;
        double(command).await
    }
    let net = MemoryNetwork::seeded(1);
    let (a, b) = (Bus::builder("A.0"), Bus::builder("B.0").handle(slow));
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let mut sends = tokio::task::JoinSet::new();
    for n in 0..20 {
        let a = a.clone();
        sends.spawn(async move { a.send(number(n)).await });
    }
    while b.received().handled < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let report = b.stop(Duration::from_secs(20)).await.unwrap();
    assert!(report.is_clean());
    let mut answered = 0;
    while let Some(sent) = sends.join_next().await {
        match sent.unwrap() {
            Ok(_) => answered += 1,
            Err(SendError::Draining { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert!(answered >= 3);
    // The directory would say that B has left.
    tell(
        &a,
        2,
        &[descriptor("A.0", Incarnation(1), Subscriptions::default())],
    );
    assert!(a.stop(Duration::from_secs(20)).await.unwrap().is_clean());
    assert_eq!(
        a.send(number(1)).await,
        Err(SendError::Stopped { sent: false })
    );
}

#[tokio::test(start_paused = true)]
async fn a_publisher_waits_for_its_own_slow_handler_instead_of_filling_the_memory() {
    async fn gated(_: Happened, State(gate): State<Arc<tokio::sync::Semaphore>>) {
        gate.acquire().await.unwrap().forget();
    }
    let net = MemoryNetwork::seeded(1);
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let a = Bus::builder("A.0").state(gate.clone()).handle(gated);
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    let publish = |number| {
        a.publish(Happened {
            place: "fr".into(),
            number,
        })
    };
    for number in 0..10_000 {
        assert_eq!(publish(number).await.unwrap().queued, 1);
    }
    gate.add_permits(1);
    // One is done and one more runs; a queue of 10,000 holds the others.
    assert_eq!(publish(10_000).await.unwrap().queued, 1);
    let full = tokio::time::timeout(Duration::from_secs(60), publish(10_001)).await;
    let missed = full
        .expect("a full queue must not hold its publisher for ever")
        .unwrap();
    assert_eq!((missed.queued, missed.missed), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_coming_and_going_of_peers_is_told_as_it_happens() {
    let net = MemoryNetwork::seeded(1);
    let [a] = start(&net, [("A.0", Bus::builder("A.0"))])
        .await
        .try_into()
        .unwrap();
    let mut events = a.peer_events();
    let peers =
        ["A.0", "B.0"].map(|name| descriptor(name, Incarnation(1), Subscriptions::default()));
    tell(&a, 2, &peers);
    let appeared = events.next().await.unwrap();
    assert_eq!(
        appeared,
        PeerEvent::View(ViewEvent::Appeared(peers[1].clone()))
    );
    let known: Vec<_> = a
        .peers()
        .into_iter()
        .map(|known| known.descriptor)
        .collect();
    assert_eq!(known, peers);
    tell(&a, 3, &peers[..1]);
    let removed = events.next().await.unwrap();
    assert_eq!(
        removed,
        PeerEvent::View(ViewEvent::Removed(peers[1].clone()))
    );
}

/// Encodes what it is asked, but no reply.
struct Fragile;

impl Codec<Ask> for Fragile {
    const ID: u8 = 200;
    fn encoded_len(value: &Ask) -> usize {
        <Prost as Codec<Ask>>::encoded_len(value)
    }
    fn encode(value: &Ask, out: &mut BytesMut) -> Result<(), EncodeError> {
        <Prost as Codec<Ask>>::encode(value, out)
    }
    fn decode(bytes: &[u8]) -> Result<Ask, DecodeError> {
        <Prost as Codec<Ask>>::decode(bytes)
    }
}

impl Codec<Doubled> for Fragile {
    const ID: u8 = 200;
    fn encoded_len(_: &Doubled) -> usize {
        1
    }
    fn encode(_: &Doubled, _: &mut BytesMut) -> Result<(), EncodeError> {
        panic!("no reply can be encoded")
    }
    fn decode(_: &[u8]) -> Result<Doubled, DecodeError> {
        Err(DecodeError::new("no reply can be decoded"))
    }
}

#[derive(Clone, PartialEq, ::prost::Message, Command)]
#[quibus(namespace = "Test", reply = Doubled, codec = Fragile)]
struct Ask {}

#[tokio::test(start_paused = true)]
async fn a_reply_whose_codec_panics_is_an_outcome_and_not_the_end_of_the_queue() {
    async fn ask(_: Ask) -> Doubled {
        Doubled { number: 1 }
    }
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(ask).handle(double);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    assert_eq!(a.send(Ask {}).await, Err(SendError::Panicked));
    assert_eq!(a.send(number(2)).await.unwrap().number, 4);
    assert!(b.stop(Duration::from_secs(5)).await.is_ok());
}

/// The same type under another codec.
#[derive(Clone, PartialEq, ::prost::Message, Command)]
#[quibus(namespace = "Test", name = "Ask", reply = Doubled)]
struct AskOtherwise {}

#[tokio::test(start_paused = true)]
async fn a_command_in_another_codec_than_its_handler_s_is_refused_instead_of_misread() {
    async fn ask(_: AskOtherwise) -> Doubled {
        Doubled { number: 1 }
    }
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(ask);
    let [a, _b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let refused = a.send(Ask {}).await.unwrap_err().to_string();
    assert!(refused.contains("codec 200"), "{refused}");
    assert!(refused.contains("codec 1"), "{refused}");
    assert_eq!(a.send(AskOtherwise {}).await.unwrap().number, 1);
}
