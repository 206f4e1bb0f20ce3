//! Operators and administrators look on, and take no part.

use std::time::Duration;

use quibus::bus::{ObserveError, Observer};
use quibus::directory::PeerState;
use quibus::id::Name;
use quibus::prelude::*;
use quibus::{Bus, Identity};
use quibus_directory::{DirectoryConfig, FailureTimes, embed};

use crate::messages::{Rain, Rained, rained};
use crate::town::{ADDRESS, Town, peer, until};

const SOON: Duration = Duration::from_secs(5);

fn operator() -> Identity {
    Identity::Operator(Name::new("ann").unwrap())
}

async fn observer(town: &Town, identity: Identity) -> Observer {
    let wire = town.net.transport(identity.clone());
    let directories = vec![ADDRESS.to_owned()];
    Observer::new(wire, &identity, directories).await.unwrap()
}

fn names(observer: &Observer) -> Vec<String> {
    let peers = observer.view().iter();
    peers.map(|known| known.peer.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_operator_sees_who_is_there_and_every_change_and_is_seen_by_nobody() {
    let town = Town::new(31);
    let directory = town.directory().await;
    let shop = town.bus("Shop.0").handle(rained);
    let shop = shop.state(Rain::default());
    let shop = shop.start().await.unwrap();

    for identity in [operator(), Identity::Admin(Name::new("ann").unwrap())] {
        let mut ann = observer(&town, identity).await;
        assert!(ann.look(SOON).await.unwrap());
        assert_eq!(names(&ann), ["Directory.0", "Shop.0"]);
        let seen = ann.view().get(&peer("Shop.0")).unwrap();
        assert_eq!(seen.subscriptions.iter().count(), 1);
        assert!(!ann.look(SOON).await.unwrap(), "nothing has changed");
        let teller = ann.teller().unwrap();
        assert_eq!(teller.address, ADDRESS);
        assert_eq!(teller.version, env!("CARGO_PKG_VERSION"));

        let web = town.bus("Web.0").start().await.unwrap();
        assert!(ann.look(SOON).await.unwrap());
        assert_eq!(names(&ann), ["Directory.0", "Shop.0", "Web.0"]);
        assert_eq!((directory.peers().len(), shop.peers().len()), (3, 3));
        web.stop(SOON).await.unwrap();
        until("the stopped one is gone", || directory.peers().len() == 2).await;
        assert!(ann.look(SOON).await.unwrap());
        assert_eq!(names(&ann), ["Directory.0", "Shop.0"]);
        ann.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_operator_goes_on_with_a_directory_that_has_begun_anew() {
    let town = Town::new(32);
    let directory = town.directory().await;
    let shop = town.bus("Shop.0").start().await.unwrap();
    let mut ann = observer(&town, operator()).await;
    ann.look(SOON).await.unwrap();
    drop(directory);
    shop.stop(SOON).await.ok();
    let error = ann.look(SOON).await.unwrap_err();
    assert!(matches!(error, ObserveError::NoDirectory { .. }), "{error}");
    assert!(error.to_string().contains(ADDRESS), "{error}");

    let _directory = town.directory().await;
    assert!(ann.look(SOON).await.unwrap());
    assert_eq!(names(&ann), ["Directory.0"]);
    let own = ann.view().get(&peer("Directory.0")).unwrap();
    assert_eq!(own.state, PeerState::Up);
}

#[tokio::test(start_paused = true)]
async fn a_directory_of_several_parts_is_seen_whole() {
    let town = Town::new(33);
    let directory = town.directory().await;
    let mut crowd: Vec<Bus> = Vec::new();
    for at in 0..6 {
        // 6,000 keys of 64 bytes do not fit the 256 KiB of a part.
        let key = |number| Rained::route().town(format!("{at}-{number:060}"));
        let keys: Vec<_> = (0..1_000).map(key).collect();
        let bus = town
            .bus(&format!("Crowd.{at}"))
            .handle(rained.matching(keys));
        crowd.push(bus.state(Rain::default()).start().await.unwrap());
    }
    let mut ann = observer(&town, operator()).await;
    ann.look(SOON).await.unwrap();
    assert_eq!(ann.view().len(), 7);
    let seen: usize = ann
        .view()
        .iter()
        .map(|known| known.subscriptions.key_count())
        .sum();
    let held = directory.peers();
    let held: usize = held.iter().map(|it| it.subscriptions.key_count()).sum();
    assert_eq!(seen, held);
}

#[tokio::test(start_paused = true)]
async fn who_takes_part_does_not_look_on_and_who_looks_on_takes_no_part() {
    let town = Town::new(34);
    let directory = town.directory().await;
    let shop = Identity::Peer(peer("Shop.0"));
    let wire = town.net.transport(shop.clone());
    let refused = Observer::new(wire, &shop, vec![ADDRESS.into()]).await;
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("/peer/Shop.0"), "{text}");

    // An operator under the name of a peer is stopped before it says anything.
    let wire = town.net.transport(operator());
    let start = Bus::builder("Shop.0").shared_transport(wire);
    assert!(start.directory(ADDRESS).start().await.is_err());
    // Under the name that it looks on by, it is refused by the directory.
    let wire = town.net.transport(operator());
    let start = Bus::builder("Operator.0").shared_transport(wire);
    let error = start.directory(ADDRESS).start().await.unwrap_err();
    assert!(error.to_string().contains("/operator/ann"), "{error}");
    assert_eq!(directory.peers().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_may_wait_for_ever_starts_subscribes_and_looks_on_as_others_do() {
    const FOR_EVER: Duration = Duration::MAX;
    let town = Town::new(38);
    let wire = town
        .net
        .transport_at(ADDRESS, Identity::Directory(peer("Directory.0")));
    let mut config = DirectoryConfig::new("Directory.0", wire);
    (config.barrier, config.probe) = (FOR_EVER, FOR_EVER);
    config.times = FailureTimes {
        silent_after: FOR_EVER,
        down_after: FOR_EVER,
        removed_after: FOR_EVER,
        reattach_grace: FOR_EVER,
    };
    let directory = embed(config).await.unwrap();
    let shop = town.bus("Shop.0").state(Rain::default());
    let shop = shop.registration_timeout(FOR_EVER).start().await.unwrap();
    let live = shop.subscribe(rained).await.unwrap();
    assert!(live.is_live_everywhere());
    let mut ann = observer(&town, operator()).await;
    assert!(ann.look(FOR_EVER).await.unwrap());
    assert_eq!(names(&ann), ["Directory.0", "Shop.0"]);
    tokio::time::sleep(Duration::from_secs(3)).await;
    shop.stop(FOR_EVER).await.unwrap();
    directory.stop(FOR_EVER).await.unwrap();
}
