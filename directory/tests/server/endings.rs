//! Stopping in good order (promise 28).

use std::time::Duration;

use quibus::bus::Timings;
use quibus::prelude::*;
use tokio::time::Instant;

use crate::messages::{Double, Rain, Work, Worked, double, rain_in, rained};
use crate::town::{Town, state, until};

#[tokio::test(start_paused = true)]
async fn a_stop_finishes_what_was_accepted_and_others_go_elsewhere() {
    let town = Town::new(51);
    let directory = town.directory().await;
    async fn work(command: Work) -> Worked {
        tokio::time::sleep(Duration::from_millis(command.millis)).await;
        Worked {}
    }
    let one = town.bus("Shop.1").handle(work).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    let running: Vec<_> = (0..5)
        .map(|_| tokio::spawn(web.send(Work { millis: 300 })))
        .collect();
    // Two of one service: the command says that any will do.
    let _two = town.bus("Shop.2").handle(work).start().await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;

    let stopping = tokio::spawn({
        let one = one.clone();
        async move { one.stop(Duration::from_secs(20)).await }
    });
    for _ in 0..20 {
        web.send(Work { millis: 10 }).await.unwrap();
    }
    for running in running {
        running.await.unwrap().unwrap();
    }
    let report = stopping.await.unwrap().unwrap();
    assert!(report.unregistered);
    until("the web knows", || state("Shop.1", &web).is_none()).await;
    assert_eq!(directory.peers().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_is_live_at_once_while_another_peer_drains() {
    let town = Town::new(52);
    let _directory = town.directory().await;
    async fn work(command: Work) -> Worked {
        tokio::time::sleep(Duration::from_millis(command.millis)).await;
        Worked {}
    }
    let slow = town.bus("Shop.1").handle(work).start().await.unwrap();
    let rain = Rain::default();
    let web = town.bus("Web.0").state(rain.clone()).start().await.unwrap();
    let running = tokio::spawn(web.send(Work { millis: 5_000 }));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let stopping = tokio::spawn(async move { slow.stop(Duration::from_secs(20)).await });
    let draining = || state("Shop.1", &web) == Some(quibus::directory::PeerState::Draining);
    until("it drains", draining).await;

    let live = web.subscribe(rained).await.unwrap();
    assert!(live.is_live_everywhere());
    let error = web.send(Work { millis: 1 }).await.unwrap_err();
    assert!(matches!(error, SendError::Draining { .. }), "{error}");
    running.await.unwrap().unwrap();
    stopping.await.unwrap().unwrap();
    web.publish(rain_in("Bonn", 1)).await.unwrap();
    until("it has come", || rain.seen().len() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_goodbye_is_heeded_although_no_directory_is_there_to_tell_of_it() {
    let town = Town::new(54);
    let directory = town.directory().await;
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    web.send(Double { number: 1 }).await.unwrap();
    town.net.kill("Directory.0");
    drop(directory);

    let incomplete = shop.stop(Duration::from_secs(20)).await.unwrap_err();
    assert!(!incomplete.0.unregistered, "{incomplete}");
    assert!(incomplete.0.unanswered.is_empty(), "{incomplete}");
    let error = web.send(Double { number: 2 }).await.unwrap_err();
    assert!(matches!(error, SendError::Draining { .. }), "{error}");
}

/// Stops a bus while no directory is there; how long that took. Nothing but the directory is missed.
async fn stopped_unheard(bus: &Bus) -> Duration {
    let begun = Instant::now();
    let report = bus.stop(Duration::from_secs(20)).await.unwrap_err().0;
    let missed = quibus::bus::StopReport {
        unregistered: true,
        ..report.clone()
    };
    assert!(!report.unregistered && missed.is_clean(), "{report:?}");
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn who_stops_after_the_directory_waits_for_it_shortly_and_for_who_has_stopped_not_at_all() {
    let town = Town::new(55);
    let directory = town.directory().await;
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    let bank = town.bus("Bank.0").start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    bank.send(Double { number: 1 }).await.unwrap();
    web.send(Double { number: 2 }).await.unwrap();
    directory.stop(Duration::from_secs(20)).await.unwrap();
    for bus in [shop, bank, web] {
        let took = stopped_unheard(&bus).await;
        assert!(took < Duration::from_millis(1_500), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_stops_waits_shortly_for_a_directory_that_was_not_heard_lately() {
    let town = Town::new(56);
    let directory = town.directory().await;
    let [early, late] = ["Shop.0", "Web.0"].map(|name| town.bus(name).start());
    let (early, late) = (early.await.unwrap(), late.await.unwrap());
    town.net.kill("Directory.0");
    drop(directory);
    // It was heard just now, and may only be hard to reach.
    let took = stopped_unheard(&early).await;
    assert!(took < Duration::from_secs(7), "{took:?}");
    tokio::time::sleep(Duration::from_secs(10)).await;
    let took = stopped_unheard(&late).await;
    assert!(took < Duration::from_millis(1_500), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_is_only_slow_is_waited_for_by_who_stops() {
    let town = Town::new(58);
    let directory = town.directory().await;
    let shop = town.bus("Shop.0").timings(Timings {
        ping_after: Duration::from_secs(20),
        ..Timings::default()
    });
    let shop = shop.start().await.unwrap();
    let slowly = |late| {
        let late = Duration::from_millis(late);
        town.net.delay_between("Directory.0", "Shop.0", late..=late);
    };
    // No answer comes within the 3 s that a heartbeat waits, on a link that lives on.
    slowly(3_500);
    tokio::time::sleep(Duration::from_secs(5)).await;
    slowly(900);
    let report = shop.stop(Duration::from_secs(20)).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(directory.peers().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_cannot_be_reached_for_some_seconds_is_waited_for_by_who_stops() {
    let town = Town::new(59);
    let directory = town.directory().await;
    let shop = town.bus("Shop.0").start().await.unwrap();
    town.net.partition(&["Shop.0"], &["Directory.0"]);
    town.net.cut("Shop.0", "Directory.0");
    let stopped = tokio::spawn(async move { shop.stop(Duration::from_secs(20)).await });
    tokio::time::sleep(Duration::from_millis(4_800)).await;
    town.net.heal("Shop.0", "Directory.0");
    let report = stopped.await.unwrap().unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(directory.peers().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_stops_while_the_directory_does_says_goodbye_to_the_others_all_the_same() {
    for after in [0, 5, 20, 100].map(Duration::from_millis) {
        let town = Town::new(60);
        let directory = town.directory().await;
        let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
        let web = town.bus("Web.0").start().await.unwrap();
        web.send(Double { number: 1 }).await.unwrap();
        let stops = tokio::spawn(async move { directory.stop(Duration::from_secs(20)).await });
        tokio::time::sleep(after).await;
        let took = stopped_unheard(&shop).await;
        assert!(took < Duration::from_secs(5), "{after:?}: {took:?}");
        let error = web.send(Double { number: 2 }).await.unwrap_err();
        assert!(matches!(error, SendError::Draining { .. }), "{error}");
        stops.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_is_back_is_told_by_who_stops() {
    let town = Town::new(57);
    let directory = town.directory().await;
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    directory.stop(Duration::from_secs(20)).await.unwrap();
    let directory = town.directory().await;
    until("the shop is back", || directory.peers().len() == 2).await;
    let report = shop.stop(Duration::from_secs(20)).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(directory.peers().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_stops_leaves_its_peers_running() {
    let town = Town::new(53);
    let directory = town.directory().await;
    let shop = town.bus("Shop.0").handle(double);
    let _shop = shop.start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    directory.stop(Duration::from_secs(20)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let doubled = web.send(Double { number: 8 }).await;
    assert_eq!(doubled.unwrap().number, 16);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_is_dropped_is_gone_at_once() {
    let town = Town::new(61);
    let _directory = town.directory().await;
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    web.send(Double { number: 1 }).await.unwrap();
    drop(shop);
    tokio::time::sleep(Duration::from_millis(50)).await;
    // Were it there, it would be asked and would answer.
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    web.send(Double { number: 2 }).await.unwrap();
    drop(shop);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_is_dropped_while_it_looks_for_its_directory_handles_nothing_more() {
    let town = Town::new(62);
    let directory = town.directory().await;
    let shop = town.bus("Shop.0").handle(double).start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    web.send(Double { number: 1 }).await.unwrap();
    town.net.kill("Directory.0");
    drop(directory);
    tokio::time::sleep(Duration::from_secs(5)).await;
    web.send(Double { number: 2 }).await.unwrap();
    drop(shop);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let sent = web.send(Double { number: 3 });
    let error = sent.timeout(Duration::from_secs(5)).await.unwrap_err();
    assert!(matches!(error, SendError::TimedOut { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_is_dropped_while_it_tells_of_an_end_of_a_subscription_is_gone_at_once() {
    let town = Town::new(63);
    let _directory = town.directory().await;
    let shop = town.bus("Shop.0").state(Rain::default()).handle(double);
    let shop = shop.start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    web.send(Double { number: 1 }).await.unwrap();
    let live = shop.subscribe(rained).await.unwrap();
    // It is told and told, and never answered.
    town.net.partition(&["Directory.0"], &["Shop.0"]);
    drop(live);
    tokio::time::sleep(Duration::from_millis(10)).await;
    web.send(Double { number: 2 }).await.unwrap();
    drop(shop);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let sent = web.send(Double { number: 3 });
    let error = sent.timeout(Duration::from_secs(1)).await.unwrap_err();
    assert!(matches!(error, SendError::TimedOut { .. }), "{error}");
}
