//! What is wanted while buses run.

use std::time::Duration;

use quibus::prelude::*;
use tokio::time::Instant;
use tower::timeout::TimeoutLayer;

use crate::messages::{Double, Doubled, Rain, Rained, double, rain_in, rained};
use crate::town::{Town, until};

#[tokio::test(start_paused = true)]
async fn a_subscription_at_run_time_is_live_everywhere_and_ends_everywhere() {
    let town = Town::new(11);
    let _directory = town.directory().await;
    let rain = Rain::default();
    let bonn = town.bus("Bonn.0").state(rain.clone());
    let bonn = bonn.start().await.unwrap();
    let sky = town.bus("Sky.0").start().await.unwrap();
    assert_eq!(sky.publish(rain_in("Bonn", 1)).await.unwrap().queued, 0);

    let live = bonn.subscribe(rained).await.unwrap();
    assert!(live.is_live_everywhere());
    // No wait here: whoever returns from `subscribe` gets what is published from then on.
    assert_eq!(sky.publish(rain_in("Bonn", 2)).await.unwrap().queued, 1);
    until("the event has come", || rain.seen().len() == 1).await;
    live.unsubscribe().await.unwrap();
    assert_eq!(sky.publish(rain_in("Bonn", 3)).await.unwrap().queued, 0);
    assert_eq!(rain.seen(), [("Bonn".to_owned(), 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_bus_s_layers_lie_around_what_is_subscribed_at_run_time_too() {
    async fn never(_: Double) -> Doubled {
        std::future::pending().await
    }
    let town = Town::new(19);
    let _directory = town.directory().await;
    let layer = TimeoutLayer::new(Duration::from_secs(1));
    let bonn = town.bus("Bonn.0").layer(layer).start().await.unwrap();
    let _live = bonn.subscribe(never).await.unwrap();
    let sky = town.bus("Sky.0").start().await.unwrap();
    let ended = sky.send(Double { number: 1 }).await.unwrap_err();
    let (code, text) = (0, "a layer ended it: request timed out".into());
    assert_eq!(ended, SendError::Failed { code, text });
}

#[tokio::test(start_paused = true)]
async fn a_routed_event_reaches_only_who_wants_it() {
    let town = Town::new(12);
    let _directory = town.directory().await;
    let (bonn_rain, rain) = (Rain::default(), Rain::default());
    let bonn = town.bus("Bonn.0").state(bonn_rain.clone());
    let _bonn = bonn
        .handle(rained.matching(Rained::route().town("Bonn")))
        .start()
        .await
        .unwrap();
    let world = town.bus("World.0").state(rain.clone()).handle(rained);
    let _world = world.start().await.unwrap();
    let sky = town.bus("Sky.0").start().await.unwrap();

    for (number, place) in ["Bonn", "Rome", "Bonn"].into_iter().enumerate() {
        let published = sky.publish(rain_in(place, number as u64)).await.unwrap();
        assert_eq!(published.queued, if place == "Bonn" { 2 } else { 1 });
    }
    until("the world has got all", || rain.seen().len() == 3).await;
    until("Bonn has got its own", || bonn_rain.seen().len() == 2).await;
    assert!(bonn_rain.seen().iter().all(|(town, _)| town == "Bonn"));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_cut_off_keeps_a_subscription_waiting_two_seconds_and_no_longer() {
    let town = Town::new(13);
    let _directory = town.directory().await;
    let bonn = town.bus("Bonn.0").state(Rain::default());
    let bonn = bonn.start().await.unwrap();
    let _sky = town.bus("Sky.0").start().await.unwrap();
    town.net.partition(&["Directory.0"], &["Sky.0"]);

    let began = Instant::now();
    let live = bonn.subscribe(rained).await.unwrap();
    assert!(!live.is_live_everywhere());
    let waited = began.elapsed();
    assert!((2_000..2_200).contains(&waited.as_millis()), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn many_subscriptions_one_after_the_other_are_slowed_down_and_none_is_refused() {
    let town = Town::new(14);
    let _directory = town.directory().await;
    let bonn = town.bus("Bonn.0").state(Rain::default());
    let bonn = bonn.start().await.unwrap();
    let began = Instant::now();
    let mut live = Vec::new();
    for number in 0..40 {
        let town = format!("Town{number}");
        let handler = rained.matching(Rained::route().town(&town));
        live.push(bonn.subscribe(handler).await.unwrap());
    }
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(2_800), "{took:?}");
    let sky = town.bus("Sky.0").start().await.unwrap();
    assert_eq!(sky.publish(rain_in("Town39", 1)).await.unwrap().queued, 1);
}

#[tokio::test(start_paused = true)]
async fn who_starts_is_reached_as_soon_as_its_start_returns() {
    let town = Town::new(15);
    let _directory = town.directory().await;
    let late = Duration::from_millis(300);
    town.net.delay_between("Directory.0", "Web.0", late..=late);
    let web = town.bus("Web.0").start().await.unwrap();
    for number in 0..5 {
        let name = format!("Shop.{number}");
        let shop = town.bus(&name).handle(double).start().await.unwrap();
        let doubled = web.send(Double { number: 4 }).await.unwrap();
        assert_eq!(doubled.number, 8);
        shop.stop(Duration::from_secs(20)).await.unwrap();
        let gone = web.send(Double { number: 4 }).await.unwrap_err();
        // That it drained is known everywhere before a stop ends; that it has left, soon after.
        let known = matches!(gone, SendError::NoPeer { .. } | SendError::Draining { .. });
        assert!(known, "{gone}");
    }
}
