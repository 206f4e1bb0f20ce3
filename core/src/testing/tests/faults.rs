//! What breaks links: cuts, black holes, deaths; and what is left to read.

use std::collections::BTreeSet;

use tokio::time::{Instant, timeout};

use super::pair::{
    Pair, Process, SHOP, STOCK, control, ms, open, pattern, read, read_exactly, read_to_end,
};
use crate::testing::MemoryNetwork;
use crate::transport::{CloseReason, DialError, Link, LinkEnd, Priority};

#[tokio::test(start_paused = true)]
async fn a_cut_breaks_the_link_for_both_sides_after_any_byte() {
    let mut survivors = BTreeSet::new();
    for seed in 0..64 {
        let net = MemoryNetwork::seeded(seed);
        let mut pair = Pair::link(&net).await;
        let (feed, mut lane) = control(&*pair.dialled, &*pair.accepted).await;
        feed.send(pattern(4)).await.unwrap();
        // The pump has taken it once the feed is empty and it is polled again.
        while feed.capacity() < feed.max_capacity() {
            tokio::task::yield_now().await;
        }
        assert_eq!(net.cut(STOCK, SHOP), 1, "seed {seed}");
        assert_eq!(net.cut(SHOP, STOCK), 0, "it is broken already");

        let (read, end) = read_to_end(&mut *lane).await;
        assert!(pattern(4).starts_with(&read), "seed {seed}: {read:?}");
        assert_eq!(net.faults().bytes_lost, 4 - read.len() as u64);
        survivors.insert(read.len());
        assert!(matches!(end, LinkEnd::Broken(_)), "{end:?}");
        for link in [&pair.dialled, &pair.accepted] {
            assert_eq!(link.closed().await, end);
            link.close(CloseReason::Done);
            assert_eq!(link.closed().await, end, "an end stays");
        }
        feed.closed().await;
        assert_eq!(net.faults().links_cut, 1);

        let again = pair.shop.dial(&pair.stock.address, STOCK).await;
        assert!(again.is_ok(), "a cut is over at once: {again:?}");
        assert!(pair.stock.arrivals.recv().await.is_some());
    }
    assert_eq!(survivors, BTreeSet::from_iter(0..=4));
}

#[tokio::test(start_paused = true)]
async fn a_cut_touches_no_other_link() {
    let net = MemoryNetwork::seeded(3);
    let mut pair = Pair::link(&net).await;
    let web = Process::bind(&net, "Web.0").await;
    let other = web.dial(&pair.stock.address, STOCK).await.unwrap();
    let accepted = pair.stock.arrivals.recv().await.unwrap();
    net.cut(SHOP, STOCK);
    assert_eq!(net.cut(SHOP, "Web.0"), 0);
    let (_feed, _lane) = control(&*other, &*accepted).await;
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_that_is_healed_in_time_loses_nothing_and_tells_nobody() {
    let net = MemoryNetwork::seeded(4);
    let pair = Pair::link(&net).await;
    let (there, mut lane) = control(&*pair.dialled, &*pair.accepted).await;
    let (back, mut back_lane) = control(&*pair.accepted, &*pair.dialled).await;

    net.black_hole(SHOP, STOCK);
    there.send(pattern(5000)).await.unwrap();
    back.send(pattern(300)).await.unwrap();
    assert_eq!(read_exactly(&mut *back_lane, 300).await, pattern(300));
    assert!(timeout(ms(9_900), read(&mut *lane)).await.is_err());
    assert_eq!(net.faults().bytes_held, 5000);

    net.heal(STOCK, SHOP);
    assert_eq!(read_exactly(&mut *lane, 5000).await, pattern(5000));
    let both = async {
        tokio::select! {
            end = pair.dialled.closed() => end,
            end = pair.accepted.closed() => end,
        }
    };
    assert!(timeout(ms(60_000), both).await.is_err(), "nobody was told");
}

#[tokio::test(start_paused = true)]
async fn who_hears_nothing_for_ten_seconds_gives_up_and_the_other_ten_seconds_later() {
    let net = MemoryNetwork::seeded(5);
    let pair = Pair::link(&net).await;
    let begun = Instant::now();
    net.black_hole(SHOP, STOCK);
    let end = pair.accepted.closed().await;
    assert!(matches!(end, LinkEnd::Broken(_)), "{end:?}");
    assert_eq!(begun.elapsed().as_secs(), 10);
    let end = pair.dialled.closed().await;
    assert!(matches!(end, LinkEnd::Broken(_)), "{end:?}");
    assert_eq!(begun.elapsed().as_secs(), 20);
    assert_eq!(net.faults().ends_timed_out, 2);
}

#[tokio::test(start_paused = true)]
async fn a_partition_ends_both_sides_after_ten_seconds() {
    let net = MemoryNetwork::seeded(6);
    let pair = Pair::link(&net).await;
    let begun = Instant::now();
    net.partition(&["Web.0", SHOP], &[STOCK]);
    tokio::join!(pair.accepted.closed(), pair.dialled.closed());
    assert_eq!(begun.elapsed().as_secs(), 10);
    assert_eq!(net.faults().ends_timed_out, 2);
}

#[tokio::test(start_paused = true)]
async fn a_close_into_a_black_hole_is_not_heard_and_a_heal_tells_that_the_link_is_gone() {
    let net = MemoryNetwork::seeded(7);
    let pair = Pair::link(&net).await;
    let (feed, _lane) = control(&*pair.accepted, &*pair.dialled).await;
    net.black_hole(SHOP, STOCK);
    pair.dialled.close(CloseReason::Idle);
    let closed = pair.dialled.closed().await;
    assert_eq!(closed, LinkEnd::Here(CloseReason::Idle));
    let heard = timeout(ms(9_900), pair.accepted.closed()).await;
    assert!(heard.is_err(), "{heard:?}");
    assert!(!feed.is_closed(), "its lanes tell nothing either");
    assert_eq!(net.faults().closes_lost, 1);

    net.heal_all();
    let end = pair.accepted.closed().await;
    assert!(matches!(end, LinkEnd::Broken(_)), "{end:?}");
    feed.closed().await;
    assert_eq!(net.faults().ends_forgotten, 1);
    assert_eq!(net.faults().ends_timed_out, 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_written_to_a_side_that_has_given_up_is_never_read_and_stays_bounded() {
    let net = MemoryNetwork::seeded(8);
    let pair = Pair::link(&net).await;
    let (feed, mut lane) = control(&*pair.accepted, &*pair.dialled).await;
    net.black_hole(STOCK, SHOP);
    pair.dialled.closed().await;
    let mut sent = 0;
    while timeout(ms(1000), feed.send(pattern(100_000))).await.is_ok() && !feed.is_closed() {
        sent += 1;
    }
    assert!(sent > 2, "the pipe took something");
    let (read, end) = read_to_end(&mut *lane).await;
    assert!(read.is_empty(), "{} bytes", read.len());
    assert!(matches!(end, LinkEnd::Broken(_)));
}

#[tokio::test(start_paused = true)]
async fn a_killed_process_breaks_its_links_frees_its_address_and_dials_no_more() {
    let net = MemoryNetwork::seeded(9);
    let identity = crate::Identity::Peer(STOCK.parse().unwrap());
    let transport = net.transport_at("memory:stock", identity.clone());
    let mut stock = Process::bind_transport(transport, STOCK).await;
    let shop = Process::bind(&net, SHOP).await;
    let dialled = shop.dial("memory:stock", STOCK).await.unwrap();
    let accepted = stock.arrivals.recv().await.unwrap();

    assert_eq!(net.kill(STOCK), 1);
    for link in [&dialled, &accepted] {
        let end = link.closed().await;
        assert!(matches!(end, LinkEnd::Broken(_)), "{end:?}");
    }
    assert_eq!(net.faults().links_killed, 1);
    assert!(stock.arrivals.recv().await.is_none(), "nobody arrives");
    let dial = stock.dial(&shop.address, SHOP).await.map(drop);
    assert_eq!(dial, Err(DialError::Closed));

    let reborn = net.transport_at("memory:stock", identity);
    let mut reborn = Process::bind_transport(reborn, STOCK).await;
    let link = shop.dial("memory:stock", STOCK).await;
    assert!(link.is_ok(), "{link:?}");
    assert!(reborn.arrivals.recv().await.is_some());
}

#[test]
fn a_runtime_that_stops_breaks_its_links_for_the_other_side() {
    let net = MemoryNetwork::seeded(10);
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    };
    let (mine, theirs) = (runtime(), runtime());
    let mut stock = mine.block_on(Process::bind(&net, STOCK));
    let link = theirs.block_on(async {
        let shop = Process::bind(&net, SHOP).await;
        let link = shop.dial(&stock.address, STOCK).await.unwrap();
        (shop, link)
    });
    let accepted = mine.block_on(stock.arrivals.recv()).unwrap();
    drop(theirs);
    let end = mine.block_on(accepted.closed());
    assert!(matches!(end, LinkEnd::Broken(_)), "{end:?}");
    drop(link);
}

#[tokio::test(start_paused = true)]
async fn every_writer_is_let_go_when_its_link_ends() {
    let net = MemoryNetwork::seeded(11);
    let pair = Pair::link(&net).await;
    let links: [&dyn Link; 2] = [&*pair.dialled, &*pair.accepted];
    let mut feeds = Vec::new();
    for link in links {
        feeds.push(open(link, Priority::CONTROL));
        // More than are let in at a time: some wait for a slot, some for room, some for bytes.
        for _ in 0..30 {
            let feed = open(link, Priority::APPLICATION);
            for _ in 0..feeds.len() % 3 {
                feed.send(pattern(200_000)).await.unwrap();
            }
            feeds.push(feed);
        }
    }
    net.cut(SHOP, STOCK);
    for feed in feeds {
        feed.closed().await;
    }
}
