//! What message types look like, as peers tell it and others ask.

use std::time::Duration;

use quibus::bus::Observer;
use quibus::directory::contract::KnownType;
use quibus::id::Name;
use quibus::message::Message;
use quibus::message::schema::{TypeDescription, Undescribed};
use quibus::{Bus, Identity};

use crate::messages::{Double, Rain, Rained, double, rained};
use crate::town::{ADDRESS, Town};

const SOON: Duration = Duration::from_secs(5);

/// The type `Test.Rained` as a peer built from other code would know it.
#[derive(Clone, PartialEq, prost::Message, quibus::Event)]
#[quibus(namespace = "Test", name = "Rained", opaque)]
struct OtherRained {}

async fn other_rained(_: OtherRained) {}

fn known<M: Message>(peers: u32) -> KnownType {
    let described = M::describe();
    KnownType {
        hash: described.hash(),
        name: described.name,
        peers,
    }
}

async fn listed(bus: &Bus) -> Vec<KnownType> {
    bus.list_types().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_a_peer_handles_is_known_when_it_has_started_and_no_more_when_it_has_left() {
    let town = Town::new(51);
    let _directory = town.directory().await;
    let web = town.bus("Web.0").start().await.unwrap();
    assert!(listed(&web).await.is_empty());

    let shop = town.bus("Shop.0").handle(double).handle(rained);
    let shop = shop.state(Rain::default()).start().await.unwrap();
    let (double_type, rain_type) = (known::<Double>(1), known::<Rained>(1));
    assert_eq!(listed(&web).await, [double_type.clone(), rain_type.clone()]);
    let told = web.get_type(rain_type.hash).await.unwrap();
    assert_eq!(told, Some(Rained::describe()));

    let twice = town
        .bus("Shop.1")
        .describe::<Double>()
        .start()
        .await
        .unwrap();
    assert_eq!(listed(&web).await, [known::<Double>(2), rain_type.clone()]);
    shop.stop(SOON).await.unwrap();
    assert_eq!(listed(&web).await, [known::<Double>(1)]);
    assert_eq!(web.get_type(rain_type.hash).await, Ok(None));
    let told = web.get_type(double_type.hash).await.unwrap();
    assert_eq!(told, Some(Double::describe()));
    twice.stop(SOON).await.unwrap();
    assert!(listed(&web).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_subscribes_while_running_describes_that_too() {
    let town = Town::new(52);
    let _directory = town.directory().await;
    let web = town.bus("Web.0").state(Rain::default());
    let web = web.start().await.unwrap();
    let live = web.subscribe(rained).await.unwrap();
    assert_eq!(listed(&web).await, [known::<Rained>(1)]);
    // It still knows what the type looks like.
    live.unsubscribe().await.unwrap();
    assert_eq!(listed(&web).await, [known::<Rained>(1)]);
}

#[tokio::test(start_paused = true)]
async fn peers_of_different_code_are_told_apart() {
    let town = Town::new(53);
    let _directory = town.directory().await;
    let old = town.bus("Old.0").handle(other_rained).start();
    let old = old.await.unwrap();
    let new = town
        .bus("New.0")
        .describe::<Rained>()
        .start()
        .await
        .unwrap();
    let mut both = listed(&new).await;
    both.sort_by_key(|known| known.hash);
    let mut expected = [known::<Rained>(1), known::<OtherRained>(1)];
    expected.sort_by_key(|known| known.hash);
    assert_eq!(both, expected);
    let other = old.get_type(known::<OtherRained>(1).hash).await.unwrap();
    let reason = other.map(|TypeDescription { schema, .. }| schema.err());
    assert_eq!(reason, Some(Some(Undescribed::Opaque)));
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_begins_anew_is_told_again() {
    let town = Town::new(54);
    let first = town.directory().await;
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    town.net.kill("Directory.0");
    drop(first);
    let _second = town.directory().await;
    for waited in 0.. {
        if shop.list_types().await.as_deref() == Ok(&[known::<Double>(1)]) {
            break;
        }
        assert!(waited < 120, "the second directory is told nothing");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_operator_reads_the_types_without_taking_part() {
    let town = Town::new(55);
    let _directory = town.directory().await;
    let _shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    let identity = Identity::Operator(Name::new("ann").unwrap());
    let wire = town.net.transport(identity.clone());
    let mut ann = Observer::new(wire, &identity, vec![ADDRESS.into()])
        .await
        .unwrap();
    assert_eq!(ann.list_types(SOON).await.unwrap(), [known::<Double>(1)]);
    let told = ann.get_type(known::<Double>(1).hash, SOON).await.unwrap();
    assert_eq!(told, Some(Double::describe()));
    ann.close().await;
}
