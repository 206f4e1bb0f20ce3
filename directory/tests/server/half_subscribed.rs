//! Subscriptions that are dropped half-way, and those that come beside others.

use std::time::Duration;

use quibus::bus::{Live, SubscribeError};
use quibus::prelude::*;
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::messages::{Double, Rain, Rained, double, rain_in, rained};
use crate::town::{Town, until};

/// Shorter than any way in a town.
const AT_ONCE: Duration = Duration::from_micros(100);

/// Whatever becomes of it, it is not known yet.
async fn is_not_there_yet(
    begun: &mut (impl Future<Output = Result<Live, SubscribeError>> + Unpin),
) {
    let early = timeout(AT_ONCE, begun).await;
    assert!(early.is_err(), "{early:?}");
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_is_given_up_is_none_and_can_be_tried_again_and_again() {
    let town = Town::new(81);
    let directory = town.directory().await;
    let rain = Rain::default();
    let shop = town.bus("Shop.0").state(rain.clone());
    let shop = shop.start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    town.net.kill("Directory.0");
    drop(directory);
    let patience = Duration::from_secs(5);
    let mut tasks = Vec::new();
    for _ in 0..10 {
        let tried = timeout(patience, shop.subscribe(rained)).await;
        assert!(tried.is_err(), "{tried:?}");
        let tried = timeout(patience, shop.subscribe(double)).await;
        assert!(tried.is_err(), "nobody has this handler: {tried:?}");
        tasks.push(Handle::current().metrics().num_alive_tasks());
    }
    assert!(tasks[9] <= tasks[0], "{tasks:?}");

    let directory = town.directory().await;
    let cluster = directory.peers()[0].revision.cluster;
    let follows = || web.peers().iter().all(|it| it.revision.cluster == cluster);
    until("all are back", || follows() && directory.peers().len() == 3).await;
    let none = web.publish(rain_in("Bonn", 1)).await.unwrap();
    assert_eq!(none.queued, 0);
    let _rained = shop.subscribe(rained).await.unwrap();
    let _double = shop.subscribe(double).await.unwrap();
    assert_eq!(web.publish(rain_in("Bonn", 2)).await.unwrap().queued, 1);
    assert_eq!(web.send(Double { number: 2 }).await.unwrap().number, 4);
    until("it has rained", || !rain.seen().is_empty()).await;
    assert_eq!(rain.seen(), [("Bonn".to_owned(), 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_was_given_up_after_the_directory_had_it_is_ended_there() {
    let town = Town::new(82);
    let _directory = town.directory().await;
    let shop = town.bus("Shop.0").state(Rain::default());
    let shop = shop.start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    let mut begun = Box::pin(shop.subscribe(rained));
    let late = Duration::from_secs(1);
    town.net.delay_between("Directory.0", "Shop.0", late..=late);
    let wanted = || {
        web.peers()
            .iter()
            .any(|it| it.peer == *shop.peer() && !it.subscriptions.is_empty())
    };
    tokio::select! {
        biased;
        known = &mut begun => panic!("{known:?}"),
        () = until("the web knows it", wanted) => {}
    }
    drop(begun);
    until("the web knows its end", || !wanted()).await;
}

#[tokio::test(start_paused = true)]
async fn a_subscription_beside_one_that_is_not_known_yet_is_not_known_either() {
    let town = Town::new(83);
    let _directory = town.directory().await;
    let rain = Rain::default();
    let shop = town.bus("Shop.0").state(rain.clone());
    let shop = shop.start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();

    let mut first = Box::pin(shop.subscribe(rained));
    is_not_there_yet(&mut first).await;
    // Nobody polls the first one any more: what it had to do falls to the second.
    let second = shop.subscribe(rained);
    let (second, _) = tokio::join!(second, async { drop(first) });
    let second = second.unwrap();
    assert!(second.is_live_everywhere());
    assert_eq!(web.publish(rain_in("Bonn", 1)).await.unwrap().queued, 1);
    until("it has come, once", || rain.seen().len() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_second_subscription_of_a_kind_hears_what_the_directory_said_of_the_first() {
    let town = Town::new(84);
    let _directory = town.directory().await;
    let rain = Rain::default();
    let shop = town.bus("Shop.0").state(rain.clone());
    let shop = shop.start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    let _sky = town.bus("Sky.0").start().await.unwrap();
    town.net.partition(&["Directory.0"], &["Sky.0"]);

    let (first, second) = tokio::join!(shop.subscribe(rained), shop.subscribe(rained));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(!first.is_live_everywhere() && !second.is_live_everywhere());
    let published = web.publish(rain_in("Bonn", 1)).await.unwrap();
    assert_eq!(published.queued, 1);
    until("both have it", || rain.seen().len() == 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_waits_for_a_directory_is_made_when_there_is_one_again() {
    let town = Town::new(85);
    let directory = town.directory().await;
    let shop = town.bus("Shop.0").state(Rain::default());
    let shop = shop.start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    town.net.kill("Directory.0");
    drop(directory);
    let mut begun = Box::pin(shop.subscribe(rained));
    let early = timeout(Duration::from_secs(30), &mut begun).await;
    assert!(early.is_err(), "{early:?}");
    let _directory = town.directory().await;
    let made = timeout(Duration::from_secs(30), begun).await;
    let _live = made.expect("the directory is there").unwrap();
    until("the web knows it", || {
        web.peers()
            .iter()
            .any(|it| it.peer == *shop.peer() && !it.subscriptions.is_empty())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_unsubscribe_that_is_given_up_leaves_no_handler_and_is_told_later() {
    let town = Town::new(86);
    let directory = town.directory().await;
    let rain = Rain::default();
    let shop = town.bus("Shop.0").state(rain.clone());
    let shop = shop.start().await.unwrap();
    let web = town.bus("Web.0").start().await.unwrap();
    let live = shop.subscribe(rained.matching(Rained::route().town("Bonn")));
    let live = live.await.unwrap();
    town.net.partition(&["Directory.0"], &["Shop.0"]);
    let ended = timeout(Duration::from_secs(1), live.unsubscribe()).await;
    assert!(ended.is_err(), "{ended:?}");
    assert_eq!(web.publish(rain_in("Bonn", 1)).await.unwrap().queued, 1);
    until("it has come, for nobody", || shop.received().unhandled == 1).await;
    assert!(rain.seen().is_empty());
    town.net.heal("Directory.0", "Shop.0");
    until("the directory knows the end", || {
        let shop = directory
            .peers()
            .into_iter()
            .find(|it| it.peer == *shop.peer());
        shop.is_some_and(|it| it.subscriptions.is_empty())
    })
    .await;
}
