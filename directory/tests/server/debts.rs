//! Stopping while others have something that nobody but they know of (promise 28).

use std::time::Duration;

use quibus::Identity;
use quibus::bus::{IncompleteStop, StopReport};
use quibus::directory::PeerState;
use quibus::prelude::*;
use quibus_directory::{DirectoryConfig, embed};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::messages::{Rain, Work, Worked, rain_in, rained};
use crate::town::{ADDRESS, Town, peer, state, until};

const STOPS: Duration = Duration::from_secs(20);

type Stopped = JoinHandle<Result<StopReport, IncompleteStop>>;

/// `Shop.0`, which collects the rain, and `Web.0`, which cannot reach it and has not yet tried.
async fn apart(town: &Town) -> (Bus, Rain, Bus) {
    let rain = Rain::default();
    let shop = town.bus("Shop.0").state(rain.clone()).handle(rained);
    let shop = shop.start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    town.net.partition(&["Web.0"], &["Shop.0"]);
    (shop, rain, web)
}

async fn publish_three(web: &Bus) {
    for number in 1..=3 {
        let published = web.publish(rain_in("Bonn", number)).await.unwrap();
        assert_eq!(published.queued, 1);
    }
}

/// They can reach each other again, and nothing was lost.
async fn ends_with_all_three(town: &Town, stopped: Stopped, rain: &Rain) {
    town.net.heal("Web.0", "Shop.0");
    let report = stopped.await.unwrap().unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(rain.seen().len(), 3);
}

fn stopping(bus: &Bus) -> Stopped {
    let bus = bus.clone();
    tokio::spawn(async move { bus.stop(STOPS).await })
}

#[tokio::test(start_paused = true)]
async fn who_stops_waits_for_what_was_accepted_for_it_before_any_link() {
    let town = Town::new(71);
    let _directory = town.directory().await;
    let (shop, rain, web) = apart(&town).await;
    publish_three(&web).await;
    let stopped = stopping(&shop);
    let drains = || state("Shop.0", &web) == Some(PeerState::Draining);
    until("the web knows that the shop drains", drains).await;
    sleep(Duration::from_secs(5)).await;
    assert!(!stopped.is_finished());

    ends_with_all_three(&town, stopped, &rain).await;
}

#[tokio::test(start_paused = true)]
async fn who_stops_names_who_has_something_for_it_and_cannot_be_reached() {
    let town = Town::new(72);
    let _directory = town.directory().await;
    let (shop, rain, web) = apart(&town).await;
    publish_three(&web).await;
    let report = stopping(&shop).await.unwrap().unwrap_err().0;
    assert_eq!(report.unanswered, [web.peer().clone()]);
    assert!(rain.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_stops_asks_a_new_peer_itself_that_the_directory_does_not_hear() {
    let town = Town::new(73);
    let _directory = town.directory().await;
    let (shop, rain, web) = apart(&town).await;
    publish_three(&web).await;
    town.net.partition(&["Web.0"], &["Directory.0"]);
    let stopped = stopping(&shop);
    sleep(Duration::from_secs(4)).await;
    assert!(!stopped.is_finished());

    ends_with_all_three(&town, stopped, &rain).await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_has_long_been_there_and_is_not_heard_keeps_nobody_from_stopping() {
    let town = Town::new(74);
    let _directory = town.directory().await;
    let (shop, _rain, _web) = apart(&town).await;
    sleep(Duration::from_secs(31)).await;
    town.net.partition(&["Web.0"], &["Directory.0"]);
    let begun = Instant::now();
    let report = stopping(&shop).await.unwrap().unwrap();
    let took = begun.elapsed();
    assert!(report.is_clean(), "{report:?}");
    // The barrier, and nobody's silence.
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn who_stops_has_no_business_with_those_who_have_nothing_for_it() {
    let town = Town::new(75);
    let _directory = town.directory().await;
    let (shop, _rain, web) = apart(&town).await;
    let begun = Instant::now();
    stopping(&shop).await.unwrap().unwrap();
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
    drop(web);
}

#[tokio::test(start_paused = true)]
async fn who_grows_old_while_another_waits_for_it_is_waited_for_no_more() {
    let town = Town::new(76);
    let wire = Identity::Directory(peer("Directory.0"));
    let mut config = DirectoryConfig::new("Directory.0", town.net.transport_at(ADDRESS, wire));
    config.times.down_after = Duration::from_secs(600);
    let _directory = embed(config).await.unwrap();
    let shop = town.bus("Shop.0").start().await.unwrap();
    let _web = town.bus("Web.0").start().await.unwrap();
    sleep(Duration::from_secs(20)).await;
    town.net.kill("Web.0");
    let begun = Instant::now();
    let report = shop.stop(Duration::from_secs(120)).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_begins_anew_is_told_by_who_stops_and_asks_the_others_again() {
    for after in [0, 20, 100, 500, 1_500].map(Duration::from_millis) {
        let town = Town::new(77);
        let directory = town.directory().await;
        let (shop, rain, web) = apart(&town).await;
        sleep(Duration::from_millis(300)).await;
        publish_three(&web).await;
        directory.stop(STOPS).await.unwrap();
        let _anew = town.directory().await;
        sleep(after).await;
        let stopped = stopping(&shop);
        sleep(Duration::from_secs(5)).await;
        town.net.heal("Web.0", "Shop.0");
        let stopped = stopped.await.unwrap();
        // At first the old one is known to have stopped, and the new one is not found yet.
        assert!(stopped.is_ok() || after < Duration::from_millis(100));
        assert!(stopped.is_err() || rain.seen().len() == 3, "{after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_drains_and_is_taken_for_up_by_a_new_directory_loses_nothing() {
    async fn work(command: Work) -> Worked {
        sleep(Duration::from_millis(command.millis)).await;
        Worked {}
    }
    let town = Town::new(78);
    let directory = town.directory().await;
    let rain = Rain::default();
    let shop = town.bus("Shop.0").state(rain.clone()).handle(rained);
    let shop = shop.handle(work).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    let far = town.bus("Far.0").start().await.unwrap();
    let running = tokio::spawn(web.send(Work { millis: 15_000 }));
    sleep(Duration::from_millis(200)).await;
    town.net.partition(&["Far.0"], &["Shop.0"]);
    let stopped = stopping(&shop);
    let drains = || state("Shop.0", &far) == Some(PeerState::Draining);
    until("far away it is known that the shop drains", drains).await;
    directory.stop(STOPS).await.unwrap();
    let _anew = town.directory().await;
    let mut queued = 0;
    for number in 1..1_000 {
        queued += far.publish(rain_in("Bonn", number)).await.unwrap().queued;
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(state("Shop.0", &far), Some(PeerState::Draining));
    town.net.heal("Far.0", "Shop.0");
    running.await.unwrap().unwrap();
    stopped.await.unwrap().unwrap();
    assert_eq!(rain.seen().len(), queued);
}
