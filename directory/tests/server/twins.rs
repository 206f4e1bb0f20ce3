//! Two processes of one name (promise 31), and one after the other.

use std::time::Duration;

use quibus::Bus;
use quibus::bus::{RunError, StartError};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
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

/// In real time: the older process stands still because nobody polls its runtime.
#[test]
fn a_process_that_stood_still_while_it_was_replaced_ends_as_soon_as_it_goes_on() {
    let town = Town::new(33);
    let here = runtime();
    let frozen = runtime();
    let (directory, web) = here.block_on(async {
        let directory = town.directory().await;
        (
            directory,
            town.bus("Web.0").handle(double).start().await.unwrap(),
        )
    });
    let older = beside(&[&here], || {
        frozen.block_on(town.bus("Shop.0").handle(double).start())
    });
    let older = older.unwrap();

    let newer = here.block_on(async {
        let newer = town.bus("Shop.0").handle(double).start().await.unwrap();
        assert_eq!(web.send(Double { number: 4 }).await.unwrap().number, 8);
        newer
    });
    assert!(newer.incarnation() > older.incarnation());

    let ended = beside(&[&here], || ends(&frozen, older));
    assert!(matches!(ended, Err(RunError::Fenced)), "{ended:?}");
    here.block_on(async {
        assert_eq!(web.send(Double { number: 5 }).await.unwrap().number, 10);
        drop((directory, web, newer));
    });
}

/// In real time, as above: of two processes the one that was replaced goes on first, and asks a
/// directory that has heard of neither.
#[test]
fn who_was_replaced_is_so_also_for_a_directory_that_begins_anew_and_hears_of_it_first() {
    let town = Town::new(34);
    let [here, old, new] = [runtime(), runtime(), runtime()];
    let (first, web) = here.block_on(async {
        let first = town.directory().await;
        let web = town.bus("Web.0").start().await.unwrap();
        (first, web)
    });
    let shop = || town.bus("Shop.0").handle(double).start();
    let older = beside(&[&here], || old.block_on(shop()).unwrap());
    let newer = beside(&[&here], || {
        let newer = new.block_on(shop()).unwrap();
        let doubled = here.handle().spawn(web.send(Double { number: 4 }));
        assert_eq!(new.block_on(doubled).unwrap().unwrap().number, 8);
        newer
    });

    let second = here.block_on(async {
        town.net.kill("Directory.0");
        drop(first);
        let second = town.directory().await;
        until("the web is back", || second.peers().len() == 2).await;
        second
    });
    beside(&[&old], || {
        here.block_on(until("the older is back", || second.peers().len() == 3));
    });
    let ended = beside(&[&here, &new], || ends(&old, older));
    assert!(matches!(ended, Err(RunError::Fenced)), "{ended:?}");
    beside(&[&new], || {
        here.block_on(async {
            assert_eq!(web.send(Double { number: 5 }).await.unwrap().number, 10);
            let known = second.peers();
            let shop = known.iter().find(|known| known.peer == *newer.peer());
            assert_eq!(shop.unwrap().incarnation, newer.incarnation());
        });
    });
    here.block_on(async { drop((second, web, newer)) });
}

/// Does something while these processes run, each on a thread of its own.
fn beside<T>(others: &[&Runtime], act: impl FnOnce() -> T) -> T {
    std::thread::scope(|scope| {
        let running: Vec<_> = others
            .iter()
            .map(|other| {
                let (done, ended) = oneshot::channel::<()>();
                scope.spawn(|| other.block_on(async { drop(ended.await) }));
                done
            })
            .collect();
        let acted = act();
        drop(running);
        acted
    })
}

/// Runs a bus until it ends by itself.
fn ends(process: &Runtime, bus: Bus) -> Result<(), RunError> {
    let within = Duration::from_secs(30);
    let running = async { tokio::time::timeout(within, bus.run()).await };
    process.block_on(running).expect("it ends by itself")
}

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}
