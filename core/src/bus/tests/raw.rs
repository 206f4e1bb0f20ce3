//! Messages whose type only the receiver knows, or only the sender.

use bytes::Bytes;
use prost::Message as _;
use tokio::sync::mpsc;

use super::rig::*;
use crate::binding::{BindingKey, RoutingKey};
use crate::bus::{Bus, Published, SendError, StartError};
use crate::dispatch::Undecoded;
use crate::id::{Incarnation, PeerId};
use crate::message::WireError;
use crate::message::raw::{RawCommand, RawError, RawEvent, RawType};
use crate::prelude::*;
use crate::testing::MemoryNetwork;

type Seen = mpsc::Sender<Bytes>;

async fn note(event: Undecoded, State(seen): State<Seen>) {
    seen.send(event.bytes).await.unwrap();
}

async fn happened(event: Happened, State(seen): State<Seen>) {
    seen.send(event.encode_to_vec().into()).await.unwrap();
}

fn raw(name: &str) -> RawType {
    RawType::new(name).unwrap()
}

fn double_of(number: u64, text: &str) -> Bytes {
    let text = text.into();
    Double { number, text }.encode_to_vec().into()
}

fn event(place: &str, number: u64) -> Happened {
    let place = place.into();
    Happened { place, number }
}

/// An event that is encoded and routed as the derives would.
fn raw_event(event: &Happened) -> RawEvent {
    let mut key = RoutingKey::new();
    key.push_value(&event.place);
    RawEvent::new(raw("Test.Happened"), event.encode_to_vec()).routed_by(key)
}

#[tokio::test(start_paused = true)]
async fn a_command_in_bytes_ends_as_one_with_a_type_does_wherever_it_is_handled() {
    let net = MemoryNetwork::seeded(1);
    let (a, b) = (Bus::builder("A.0"), Bus::builder("B.0").handle(double));
    let [a, b] = start(&net, [("A.0", a), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let double = raw("Test.Double");
    for bus in [&a, &b] {
        let send = |of: RawType, bytes: Bytes| bus.send(RawCommand::new(of, bytes));
        let reply = send(double, double_of(21, "")).await.unwrap();
        assert_eq!(Doubled::decode(reply).unwrap().number, 42);
        let rejected = send(double, double_of(1, "bad")).await;
        let error = RawError(WireError {
            code: 400,
            text: "bad is bad".into(),
            details: b"\n\x03bad"[..].into(),
        });
        assert_eq!(rejected, Err(SendError::Rejected(error)));
        let panicked = send(double, double_of(1, "panic")).await;
        assert_eq!(panicked, Err(SendError::Panicked));
        let garbage = send(double, b"\xff"[..].into()).await;
        assert!(
            matches!(garbage, Err(SendError::Undecodable { .. })),
            "{garbage:?}"
        );
        let nobody = send(raw("Test.Nobody"), Bytes::new()).await;
        let command = "Test.Nobody";
        assert_eq!(nobody, Err(SendError::NoPeer { command }));
    }
    assert_eq!((b.received().handled, b.received().unhandled), (8, 0));
}

#[tokio::test(start_paused = true)]
async fn bytes_of_another_codec_or_kind_are_refused_and_not_read_as_something_else() {
    let net = MemoryNetwork::seeded(1);
    let (seen, _see) = mpsc::channel::<Bytes>(9);
    let b = Bus::builder("B.0")
        .handle(double)
        .state(seen)
        .handle(happened);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let other = RawCommand::new(raw("Test.Double").codec(9), double_of(1, ""));
    let refused = a.send(other.clone()).await;
    assert!(
        matches!(&refused, Err(SendError::Undecodable { text }) if text.contains("codec 9")),
        "{refused:?}"
    );
    assert_eq!(b.send(other).await, Err(SendError::Unhandled));
    let event = RawCommand::new(raw("Test.Happened"), Bytes::new());
    let event = event.routed_by({
        let mut key = RoutingKey::new();
        key.push_value("fr");
        key
    });
    for bus in [&a, &b] {
        assert_eq!(bus.send(event.clone()).await, Err(SendError::Unhandled));
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_in_bytes_goes_to_those_whom_its_routing_values_name() {
    let net = MemoryNetwork::seeded(1);
    let (seen, mut see) = mpsc::channel::<Bytes>(9);
    let wanted = happened.matching(Happened::route().place("fr"));
    let b = Bus::builder("B.0").state(seen).handle(wanted);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    for (number, bus) in [(1, &a), (2, &b)] {
        let french = event("fr", number);
        let published = bus.publish(raw_event(&french)).await.unwrap();
        assert_eq!((published.queued, published.missed), (1, 0));
        assert_eq!(see.recv().await.unwrap(), french.encode_to_vec());
        let german = raw_event(&event("de", number));
        assert_eq!(bus.publish(german.clone()).await, Ok(Published::default()));
        assert_eq!(bus.try_publish(german).unwrap().queued, 0);
    }
    let unrouted = RawEvent::new(raw("Test.Happened"), Bytes::new());
    // To all who want anything of the type; a handler that knows it takes what it asked for.
    assert_eq!(a.publish(unrouted).await.unwrap().queued, 1);
    let published = a.try_publish(raw_event(&event("fr", 3))).unwrap();
    assert_eq!(published.queued, 1);
    assert_eq!(see.recv().await.unwrap(), event("fr", 3).encode_to_vec());
}

#[tokio::test(start_paused = true)]
async fn whoever_knows_a_type_by_its_name_alone_gets_its_events_as_they_travelled() {
    let net = MemoryNetwork::seeded(1);
    let (seen, mut see) = mpsc::channel::<Bytes>(9);
    let b = Bus::builder("B.0").state(seen);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let of = raw("Test.Happened");
    let keys = vec![BindingKey::parse("fr").unwrap()];
    let live = b.subscribe_raw(of, keys, note).await.unwrap();
    let known = |bus: &Bus, name| descriptor(name, Incarnation(1), bus.inner().book().all());
    tell(&a, 2, &[known(&a, "A.0"), known(&b, "B.0")]);
    for (number, bus) in [(1, &a), (2, &b)] {
        let french = event("fr", number);
        assert_eq!(bus.publish(french.clone()).await.unwrap().queued, 1);
        assert_eq!(see.recv().await.unwrap(), french.encode_to_vec());
        let again = raw_event(&french);
        assert_eq!(bus.publish(again).await.unwrap().queued, 1);
        assert_eq!(see.recv().await.unwrap(), french.encode_to_vec());
        assert_eq!(bus.publish(event("de", number)).await.unwrap().queued, 0);
        let other = RawEvent::new(of.codec(9), b"any"[..].to_vec());
        let mut key = RoutingKey::new();
        key.push_value("fr");
        bus.publish(other.routed_by(key)).await.unwrap();
        assert_eq!(see.recv().await.unwrap(), &b"any"[..]);
    }
    live.unsubscribe().await.unwrap();
    assert_eq!(b.publish(event("fr", 9)).await.unwrap().queued, 0);
}

#[tokio::test(start_paused = true)]
async fn a_handler_with_the_type_and_one_without_share_an_event_of_their_own_process() {
    let net = MemoryNetwork::seeded(1);
    let (seen, mut see) = mpsc::channel::<Bytes>(9);
    let b = Bus::builder("B.0").state(seen).handle(happened);
    let [b] = start(&net, [("B.0", b)]).await.try_into().unwrap();
    let keys = vec![BindingKey::any()];
    let _live = b.subscribe_raw(raw("Test.Happened"), keys, note).await;
    let french = event("fr", 1);
    b.publish(french.clone()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(see.recv().await.unwrap(), french.encode_to_vec());
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_subscribed_to_in_bytes_is_explained() {
    let net = MemoryNetwork::seeded(1);
    let (seen, _see) = mpsc::channel::<Bytes>(9);
    let b = Bus::builder("B.0").state(seen.clone()).handle(double);
    let [b] = start(&net, [("B.0", b)]).await.try_into().unwrap();
    let keys = vec![BindingKey::any()];
    let refused = b.subscribe_raw(raw("Test.Double"), keys, note).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("other kind"), "{refused}");

    let transport = net.transport_at(
        "memory:C.0",
        crate::Identity::Directory(PeerId::new("C.0").unwrap()),
    );
    let builder = Bus::builder("C.0").state(seen).handle(note);
    let started = builder
        .shared_transport(transport)
        .as_directory(Incarnation(1))
        .start();
    match started.await {
        Err(StartError::Settings { faults }) => {
            assert!(faults[0].contains("subscribe_raw"), "{faults:?}");
        }
        other => panic!("{other:?}"),
    }
}

/// A thread remembers who gets a type's events, and in which lane.
#[tokio::test(start_paused = true)]
async fn a_type_may_travel_in_several_lanes_of_one_thread() {
    let net = MemoryNetwork::seeded(1);
    let (seen, mut see) = mpsc::channel::<Bytes>(9);
    let b = Bus::builder("B.0").state(seen).handle(happened);
    let [a, _b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    let peer = a.inner().peers.get(&PeerId::new("B.0").unwrap()).unwrap();
    let of = raw("Test.Happened");
    let bytes = event("fr", 1).encode_to_vec();
    let sent = |lane| peer.lanes().out(a.inner().lane(lane).unwrap()).next();
    let before = ["default", "other"].map(sent);
    for of in [of, of.lane("other").unwrap(), of, of.lane("other").unwrap()] {
        a.publish(RawEvent::new(of, bytes.clone())).await.unwrap();
        assert_eq!(see.recv().await.unwrap(), bytes);
    }
    let after = ["default", "other"].map(sent);
    assert_eq!(after, before.map(|first| first + 2));
}
