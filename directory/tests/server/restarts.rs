//! A directory that dies and comes back without its state.

use std::sync::Arc;
use std::time::Duration;

use quibus::directory::PeerState;
use quibus::prelude::*;
use quibus_directory::{DataFolder, DirectoryConfig};

use crate::messages::{Double, Rain, double, rain_in, rained};
use crate::town::{Town, peer, state, until};

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
async fn who_comes_back_after_a_long_absence_of_the_directory_is_never_silent() {
    let town = Town::new(44);
    let first = town.directory().await;
    let mut shops = Vec::new();
    for number in 0..30 {
        let shop = town.bus(&format!("Shop.{number}"));
        shops.push(shop.start().await.unwrap());
    }
    town.net.kill("Directory.0");
    drop(first);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let second = town.directory().await;
    for _ in 0..1_000 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let peers = second.peers();
        let silent = peers.iter().find(|peer| peer.state == PeerState::Silent);
        assert!(silent.is_none(), "{silent:?}");
    }
    assert_eq!(second.peers().len(), 31);
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
async fn who_died_with_the_directory_is_forgotten_although_the_next_one_answers_late() {
    let town = Town::new(43);
    let first = town.directory().await;
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    let _bank = town.bus("Bank.0").start().await.unwrap();
    town.net.kill("Directory.0");
    town.net.kill("Shop.0");
    drop((first, shop));

    // The web holds the new state at once, but the bank does not learn of the web for so long that
    // the web's attachment is given up as unanswered.
    town.net.partition(&["Web.0"], &["Directory.0"]);
    let second = town.directory_with(|config| config.barrier = Duration::from_secs(5));
    let second = second.await;
    until("the bank is back", || second.peers().len() == 2).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let late = Duration::from_secs(4);
    town.net.delay_between("Directory.0", "Bank.0", late..=late);
    town.net.heal("Web.0", "Directory.0");
    until("the web is back", || second.peers().len() == 3).await;
    until("the dead one is forgotten", || {
        state("Shop.0", &web).is_none()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_lives_is_kept_however_often_directories_come_and_go_before_it_reaches_one() {
    let town = Town::new(44);
    let mut directory = town.directory().await;
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    web.send(Double { number: 1 }).await.unwrap();
    town.net.partition(&["Shop.0"], &["Directory.0"]);
    for (is_away, is_there) in [(1, 20), (1, 5), (40, 15)] {
        town.net.kill("Directory.0");
        drop(directory);
        tokio::time::sleep(Duration::from_secs(is_away)).await;
        directory = town.directory().await;
        until("the web is back", || directory.peers().len() == 2).await;
        tokio::time::sleep(Duration::from_secs(is_there)).await;
        assert_eq!(state("Shop.0", &web), Some(PeerState::Up));
        assert_eq!(web.send(Double { number: 2 }).await.unwrap().number, 4);
    }
    town.net.partition(&["Web.0"], &["Directory.0"]);
    tokio::time::sleep(Duration::from_secs(40)).await;
    town.net.heal("Web.0", "Directory.0");
    until("the web is heard again", || {
        let peers = directory.peers();
        let web = peers.iter().find(|it| it.peer == *web.peer());
        web.is_some_and(|web| web.state == PeerState::Up)
    })
    .await;
    tokio::time::sleep(Duration::from_secs(15)).await;
    assert_eq!(state("Shop.0", &web), Some(PeerState::Up));
    assert_eq!(web.send(Double { number: 2 }).await.unwrap().number, 4);
    town.net.heal("Shop.0", "Directory.0");
    until("the shop is back", || directory.peers().len() == 3).await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert_eq!(web.send(Double { number: 3 }).await.unwrap().number, 6);
    drop(shop);
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

#[tokio::test(start_paused = true)]
async fn numbers_grow_across_restarts_although_the_clock_has_gone_back() {
    let town = Town::new(46);
    let folder = tempfile::tempdir().unwrap();
    // The clock was there when the directory ran before.
    let ahead = 4_000_000_000_000_u64;
    let boot = format!("quibus-directory 1\npeer Directory.0\nincarnation {ahead}\n");
    std::fs::write(folder.path().join("boot"), boot).unwrap();
    let open = || DataFolder::open(folder.path(), &peer("Directory.0"));
    let directory = async |data: DataFolder| {
        let set = |config: &mut DirectoryConfig| {
            config.incarnation = Some(data.incarnation());
            config.data = Some(Arc::new(data));
        };
        town.directory_with(set).await
    };
    let first = directory(open().unwrap()).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    let shop = town.bus("Shop.0").start().await.unwrap();
    let before = shop.incarnation();
    assert!(before.0 > ahead);
    drop(shop);
    town.net.kill("Directory.0");
    drop(first);

    let mut data = None;
    until("the folder is free", || {
        data = open().ok();
        data.is_some()
    })
    .await;
    let _second = directory(data.unwrap()).await;
    let shop = town.bus("Shop.0").start().await.unwrap();
    assert!(shop.incarnation() > before);
}
