//! Stopping while others have something that nobody but they know of (promise 28).

use std::time::Duration;

use quibus::bus::{IncompleteStop, StopReport};
use quibus::directory::PeerState;
use quibus::prelude::*;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::messages::{Rain, rain_in, rained};
use crate::town::{Town, state, until};

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

    town.net.heal("Web.0", "Shop.0");
    let report = stopped.await.unwrap().unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(rain.seen().len(), 3);
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

    town.net.heal("Web.0", "Shop.0");
    let report = stopped.await.unwrap().unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(rain.seen().len(), 3);
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
