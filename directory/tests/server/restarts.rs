//! A directory that dies and comes back without its state.

use std::time::Duration;

use quibus::directory::PeerState;
use quibus::prelude::*;

use crate::messages::{Double, Rain, double, rain_in, rained};
use crate::town::{Town, state, until};

#[tokio::test(start_paused = true)]
async fn peers_go_on_without_a_directory_and_register_with_the_next_one_under_their_numbers() {
    let town = Town::new(41);
    let first = town.directory().await;
    let rain = Rain::default();
    let shop = town.bus("Shop.0").handle(double).handle(rained);
    let shop = shop.state(rain.clone()).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    let before = (shop.incarnation(), web.incarnation());
    let cluster = first.peers()[0].revision.cluster;

    town.net.kill("Directory.0");
    drop(first);
    for number in 0..30 {
        web.publish(rain_in("Bonn", number)).await.unwrap();
        assert_eq!(
            web.send(Double { number }).await.unwrap().number,
            2 * number
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let second = town.directory().await;
    until("all have come back", || second.peers().len() == 3).await;
    assert_ne!(second.peers()[0].revision.cluster, cluster);
    for number in 30..60 {
        web.publish(rain_in("Bonn", number)).await.unwrap();
        assert_eq!(
            web.send(Double { number }).await.unwrap().number,
            2 * number
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!((shop.incarnation(), web.incarnation()), before);
    let numbers: Vec<_> = rain.seen().iter().map(|(_, number)| *number).collect();
    assert_eq!(numbers, (0..60).collect::<Vec<_>>());

    let later = town.bus("Later.0").start().await.unwrap();
    assert_eq!(later.send(Double { number: 2 }).await.unwrap().number, 4);
    until("the web knows the newcomer", || {
        state("Later.0", &web) == Some(PeerState::Up)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_dies_together_with_the_directory_is_forgotten_after_a_while() {
    let town = Town::new(42);
    let first = town.directory().await;
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    town.net.kill("Directory.0");
    town.net.kill("Shop.0");
    drop((first, shop));

    let second = town.directory().await;
    until("the web is back", || second.peers().len() == 2).await;
    until("the dead one is forgotten", || {
        state("Shop.0", &web).is_none()
    })
    .await;
    let error = web.send(Double { number: 1 }).await.unwrap_err();
    assert!(matches!(error, SendError::NoPeer { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn whom_the_next_directory_has_no_place_for_goes_on_and_comes_in_when_there_is_one() {
    let town = Town::new(45);
    let first = town.directory().await;
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    web.send(Double { number: 1 }).await.unwrap();
    town.net.kill("Directory.0");
    drop(first);

    town.net.partition(&["Shop.0", "Web.0"], &["Directory.0"]);
    let second = town.directory_with(|config| config.quotas.peers = 2).await;
    let bank = town.bus("Bank.0").start().await.unwrap();
    town.net.heal_all();
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(web.send(Double { number: 2 }).await.unwrap().number, 4);
    }
    assert_eq!(second.peers().len(), 2);
    bank.stop(Duration::from_secs(20)).await.unwrap();
    until("one of them is in", || {
        let peers = second.peers();
        peers
            .iter()
            .any(|it| [shop.peer(), web.peer()].contains(&&it.peer))
    })
    .await;
}
