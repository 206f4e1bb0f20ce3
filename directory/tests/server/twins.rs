//! Two processes of one name (promise 31), and one after the other.

use std::time::Duration;

use quibus::bus::StartError;
use tokio::time::Instant;

use crate::messages::{Double, Rain, double, rain_in, rained};
use crate::town::{Town, until};

#[tokio::test(start_paused = true)]
async fn a_twin_of_a_living_process_is_refused_and_told_where_the_older_one_is() {
    let town = Town::new(31);
    let _directory = town.directory().await;
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();

    let error = town.bus("Shop.0").start().await.unwrap_err();
    let StartError::Refused { peer, reason } = &error else {
        panic!("{error}");
    };
    assert_eq!(peer, "Shop.0");
    assert!(reason.contains(shop.address()), "{reason}");
    assert_eq!(web.send(Double { number: 3 }).await.unwrap().number, 6);
}

#[tokio::test(start_paused = true)]
async fn a_restarted_process_replaces_the_dead_one_within_a_second_or_so_and_receives() {
    let town = Town::new(32);
    let _directory = town.directory().await;
    let dead = town.bus("Shop.0").handle(double).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    web.send(Double { number: 1 }).await.unwrap();
    town.net.kill("Shop.0");

    let began = Instant::now();
    let rain = Rain::default();
    let shop = town.bus("Shop.0").handle(double).handle(rained);
    let shop = shop.state(rain.clone()).start().await.unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert!(shop.incarnation() > dead.incarnation());
    assert_eq!(web.send(Double { number: 4 }).await.unwrap().number, 8);
    assert_eq!(web.publish(rain_in("Bonn", 9)).await.unwrap().queued, 1);
    until("the event has come", || rain.seen().len() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_process_that_was_replaced_while_it_was_cut_off_ends_when_it_learns_of_it() {
    let town = Town::new(33);
    let _directory = town.directory().await;
    let web = town.bus("Web.0").start().await.unwrap();
    let older = town.bus("Shop.0").handle(double).start().await.unwrap();
    // Only the directory is cut off from it: the newer process has the same name, so the hole has
    // to go before that one starts. What the older hears is then that it has been replaced.
    let running = tokio::spawn(older.clone().run());
    town.net.kill("Shop.0");
    let newer = town.bus("Shop.0").handle(double).start().await.unwrap();
    assert!(newer.incarnation() > older.incarnation());
    assert_eq!(web.send(Double { number: 4 }).await.unwrap().number, 8);
    running.abort();
}
