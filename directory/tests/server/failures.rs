//! Peers that are not heard any more.

use std::time::Duration;

use quibus::directory::PeerState;
use quibus::prelude::*;
use tokio::time::Instant;

use crate::messages::{Double, Rain, double, rain_in, rained};
use crate::town::{Town, state, until};

#[tokio::test(start_paused = true)]
async fn a_killed_peer_is_silent_then_down_then_gone_and_commands_to_it_fail_accordingly() {
    let town = Town::new(21);
    let directory = town.directory().await;
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    web.send(Double { number: 1 }).await.unwrap();

    let began = Instant::now();
    town.net.kill("Shop.0");
    drop(shop);
    let pending = tokio::spawn(web.send(Double { number: 2 }));
    let is = |wanted| {
        let web = web.clone();
        move || state("Shop.0", &web) == wanted
    };
    until("the shop is silent", is(Some(PeerState::Silent))).await;
    let silent_after = began.elapsed();
    assert!(silent_after < Duration::from_secs(5), "{silent_after:?}");
    let error = web.send(Double { number: 3 }).await.unwrap_err();
    assert!(matches!(error, SendError::PeerSilent { .. }), "{error}");

    until("the shop is down", is(Some(PeerState::Down))).await;
    let error = web.send(Double { number: 4 }).await.unwrap_err();
    assert!(matches!(error, SendError::NoPeer { .. }), "{error}");
    let error = pending.await.unwrap().unwrap_err();
    assert!(matches!(error, SendError::PeerLost { .. }), "{error}");

    until("the shop is gone", is(None)).await;
    assert_eq!(directory.peers().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn events_wait_for_a_silent_peer_and_reach_it_when_it_is_back() {
    let town = Town::new(22);
    let _directory = town.directory().await;
    let rain = Rain::default();
    let bonn = town.bus("Bonn.0").state(rain.clone()).handle(rained);
    let bonn = bonn.start().await.unwrap();
    let sky = town.bus("Sky.0").start().await.unwrap();
    sky.publish(rain_in("Bonn", 0)).await.unwrap();

    town.net.partition(&["Bonn.0"], &["Directory.0", "Sky.0"]);
    let silent = || state("Bonn.0", &sky) == Some(PeerState::Silent);
    until("it is silent", silent).await;
    for number in 1..=20 {
        assert_eq!(
            sky.publish(rain_in("Bonn", number)).await.unwrap().queued,
            1
        );
    }
    town.net.heal_all();
    let up = || state("Bonn.0", &sky) == Some(PeerState::Up);
    until("it is up again", up).await;
    until("all has come", || rain.seen().len() == 21).await;
    let numbers: Vec<_> = rain.seen().iter().map(|(_, number)| *number).collect();
    assert_eq!(numbers, (0..=20).collect::<Vec<_>>());
    drop(bonn);
}

#[tokio::test(start_paused = true)]
async fn a_living_peer_that_was_removed_registers_again_and_keeps_its_incarnation() {
    let town = Town::new(23);
    let directory = town.directory().await;
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    web.send(Double { number: 1 }).await.unwrap();
    let before = shop.incarnation();

    directory.decommission(shop.peer());
    until("the web has noticed", || state("Shop.0", &web).is_none()).await;
    let back = || state("Shop.0", &web) == Some(PeerState::Up);
    until("it is back", back).await;
    assert_eq!(shop.incarnation(), before);
    let known = web.peers();
    let known = known.iter().find(|known| known.peer == *shop.peer());
    assert_eq!(known.unwrap().incarnation, before);
    assert_eq!(web.send(Double { number: 5 }).await.unwrap().number, 10);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_was_down_for_a_while_comes_back_with_its_incarnation() {
    let town = Town::new(24);
    let _directory = town.directory().await;
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    let before = shop.incarnation();
    town.net.partition(&["Shop.0"], &["Directory.0", "Web.0"]);
    let down = || state("Shop.0", &web) == Some(PeerState::Down);
    until("it is down", down).await;

    town.net.heal_all();
    let back = || state("Shop.0", &web) == Some(PeerState::Up);
    until("it is back", back).await;
    assert_eq!(shop.incarnation(), before);
    assert_eq!(web.send(Double { number: 6 }).await.unwrap().number, 12);
}

#[tokio::test(start_paused = true)]
async fn a_start_fails_in_its_time_also_if_the_directory_falls_silent_after_the_registration() {
    let town = Town::new(25);
    let slow = Duration::from_millis(50);
    town.net.delay(slow..=slow);
    let began = Instant::now();
    let starting = tokio::spawn(town.bus("Shop.0").start());
    tokio::time::sleep(Duration::from_secs(6)).await;
    let directory = town.directory().await;
    until("it is registered", || directory.peers().len() == 2).await;
    // By then it knows that, and its attachment has not been answered.
    tokio::time::sleep(Duration::from_millis(75)).await;
    town.net.partition(&["Shop.0"], &["Directory.0"]);
    let error = starting.await.unwrap().unwrap_err();
    let took = began.elapsed();
    assert!(took < Duration::from_millis(10_500), "{took:?}: {error}");
}
