//! Services find each other and exchange messages.

use std::time::Duration;

use quibus::bus::StartError;
use quibus::transport::Transport;
use quibus_directory::{DirectoryConfig, embed};

use crate::messages::{Double, Rain, double, rain_in, rained};
use crate::town::{Town, peer, state, until};

#[tokio::test(start_paused = true)]
async fn two_services_find_each_other_and_exchange_a_command_and_an_event() {
    let town = Town::new(1);
    let directory = town.directory().await;
    let rain = Rain::default();
    let shop = town.bus("Shop.0").handle(double).handle(rained);
    let shop = shop.state(rain.clone()).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();

    let doubled = web.send(Double { number: 21 }).await.unwrap();
    assert_eq!(doubled.number, 42);
    let published = web.publish(rain_in("Bonn", 1)).await.unwrap();
    assert_eq!((published.queued, published.missed), (1, 0));
    until("the event has come", || rain.seen().len() == 1).await;
    assert_eq!(directory.peers().len(), 3);
    assert_eq!((web.peers().len(), shop.peers().len()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_start_without_a_directory_fails_in_time_and_names_every_address() {
    let town = Town::new(2);
    let began = tokio::time::Instant::now();
    let lonely = town.bus("Shop.0").directory("memory:nowhere");
    let failed = lonely.registration_timeout(Duration::from_secs(3)).start();
    let error = failed.await.unwrap_err();
    assert!(began.elapsed() <= Duration::from_millis(3_100));
    let StartError::NoDirectory { failures, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(failures.len(), 2);
    let text = error.to_string();
    assert!(text.contains("memory:directory"), "{text}");
    assert!(text.contains("memory:nowhere"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_of_a_peer_makes_no_directory() {
    let town = Town::new(3);
    let wire = town.net.transport_for("Directory.0");
    let error = embed(DirectoryConfig::new("Directory.0", wire.clone()));
    let text = error.await.unwrap_err().to_string();
    assert!(text.contains("/peer/Directory.0"), "{text}");
    assert!(text.contains("/directory/"), "{text}");
    // Nothing is left behind: its place can be taken.
    let (arrivals, _links) = tokio::sync::mpsc::channel(1);
    wire.bind(&peer("Directory.0"), arrivals).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_start_goes_on_when_the_directory_was_unreachable_for_longer_than_it_waits_for_an_answer()
{
    let town = Town::new(16);
    let _directory = town.directory().await;
    let sky = town.bus("Sky.0").start().await.unwrap();
    let late = Duration::from_millis(300);
    town.net.delay_between("Web.0", "Directory.0", late..=late);
    let starting = tokio::spawn(town.bus("Web.0").start());
    until("it is registered", || state("Web.0", &sky).is_some()).await;
    // Greeted again under its number, and its request to attach is on the way.
    tokio::time::sleep(Duration::from_millis(450)).await;
    assert!(!starting.is_finished(), "it is not attached yet");
    town.net.partition(&["Directory.0"], &["Web.0"]);
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    town.net.heal_all();

    let web = starting.await.unwrap().unwrap();
    until("they see each other", || state("Sky.0", &web).is_some()).await;
}
