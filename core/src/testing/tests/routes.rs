//! Addresses, dials and how long things travel.

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::pair::{Pair, Process, SHOP, STOCK, control, ms, pattern, read_exactly};
use crate::id::Identity;
use crate::testing::MemoryNetwork;
use crate::transport::{BindError, CloseReason, DialError, LinkEnd, Transport};

#[tokio::test(start_paused = true)]
async fn an_occupied_address_is_a_bind_error_that_names_the_occupant_and_is_free_afterwards() {
    let net = MemoryNetwork::seeded(1);
    let at = |name: &str| net.transport_at("memory:seed", Identity::Peer(name.parse().unwrap()));
    let first = Process::bind_transport(at(SHOP), SHOP).await;
    assert_eq!(first.address, "memory:seed");

    let second = at(STOCK);
    let bind = || async {
        let (arrivals, _) = mpsc::channel(1);
        second.bind(&STOCK.parse().unwrap(), arrivals).await
    };
    let text = bind().await.unwrap_err().to_string();
    assert!(
        text.contains("memory:seed") && text.contains(SHOP),
        "{text}"
    );
    drop(first);
    assert!(bind().await.is_ok());
    let twice = bind().await.unwrap_err().to_string();
    assert!(twice.contains("close it first"), "{twice}");
}

#[tokio::test(start_paused = true)]
async fn an_address_of_another_kind_is_refused_by_bind_and_by_dial() {
    let net = MemoryNetwork::seeded(2);
    let stray = net.transport_at("127.0.0.1:80", Identity::Peer(SHOP.parse().unwrap()));
    let (arrivals, _) = mpsc::channel(1);
    let error = stray
        .bind(&SHOP.parse().unwrap(), arrivals)
        .await
        .unwrap_err();
    assert!(matches!(error, BindError::Address { .. }), "{error:?}");
    let shop = Process::bind(&net, SHOP).await;
    let error = shop.dial("127.0.0.1:80", STOCK).await.unwrap_err();
    assert!(matches!(error, DialError::Address { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn another_environment_is_not_linked() {
    let net = MemoryNetwork::seeded(3);
    let stranger = net.transport_in("elsewhere", Identity::Peer(STOCK.parse().unwrap()));
    let stock = Process::bind_transport(stranger, STOCK).await;
    let shop = Process::bind(&net, SHOP).await;
    let error = shop.dial(&stock.address, STOCK).await.unwrap_err();
    assert!(
        matches!(error, DialError::WrongIdentity { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("elsewhere"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn dials_are_refused_at_once_while_links_live_on() {
    let net = MemoryNetwork::seeded(4);
    let mut pair = Pair::link(&net).await;
    net.refuse_dials_to(STOCK);
    let begun = Instant::now();
    let error = pair
        .shop
        .dial(&pair.stock.address, STOCK)
        .await
        .unwrap_err();
    assert!(matches!(error, DialError::Refused { .. }), "{error:?}");
    assert_eq!(begun.elapsed(), ms(0));
    assert_eq!(net.faults().dials_refused, 1);
    let (_feed, _lane) = control(&*pair.dialled, &*pair.accepted).await;
    net.accept_dials_to(STOCK);
    assert!(pair.shop.dial(&pair.stock.address, STOCK).await.is_ok());
    assert!(pair.stock.arrivals.recv().await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_dial_into_a_hole_on_either_way_gets_no_answer() {
    for (from, to) in [(SHOP, STOCK), (STOCK, SHOP)] {
        let net = MemoryNetwork::seeded(5);
        net.black_hole(from, to);
        let shop = Process::bind(&net, SHOP).await;
        let stock = Process::bind(&net, STOCK).await;
        let begun = Instant::now();
        let error = shop.dial(&stock.address, STOCK).await.unwrap_err();
        assert!(
            matches!(error, DialError::Silent { after_ms: 5000, .. }),
            "{error:?}"
        );
        assert_eq!(begun.elapsed(), ms(5000));
        assert_eq!(net.faults().dials_unanswered, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dial_succeeds_when_the_way_is_healed_in_time() {
    let net = MemoryNetwork::seeded(6);
    let shop = Process::bind(&net, SHOP).await;
    let mut stock = Process::bind(&net, STOCK).await;
    net.partition(&[SHOP], &[STOCK]);
    let begun = Instant::now();
    let heal = async {
        tokio::time::sleep(ms(2000)).await;
        net.heal_all();
    };
    let (link, ()) = tokio::join!(shop.dial(&stock.address, STOCK), heal);
    assert!(link.is_ok(), "{link:?}");
    assert_eq!(begun.elapsed(), ms(2000));
    assert!(stock.arrivals.recv().await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_dial_that_waits_for_room_learns_that_the_other_side_was_killed() {
    let net = MemoryNetwork::seeded(7);
    let shop = Process::bind(&net, SHOP).await;
    let stock = Process::bind(&net, STOCK).await;
    let mut links = Vec::new();
    for _ in 0..stock.arrivals.max_capacity() {
        links.push(shop.dial(&stock.address, STOCK).await.unwrap());
    }
    let kill = async {
        tokio::time::sleep(ms(1)).await;
        net.kill(STOCK);
    };
    let (dial, ()) = tokio::join!(shop.dial(&stock.address, STOCK), kill);
    assert!(matches!(dial, Err(DialError::Silent { .. })), "{dial:?}");
    assert_eq!(net.faults().links_killed, links.len() as u64);
}

#[tokio::test(start_paused = true)]
async fn bytes_and_closes_take_the_delay_of_their_direction() {
    let net = MemoryNetwork::seeded(8);
    net.delay(ms(20)..=ms(30));
    net.delay_between(STOCK, SHOP, ms(300)..=ms(300));
    let begun = Instant::now();
    let pair = Pair::link(&net).await;
    let took = begun.elapsed();
    assert!(
        (ms(320)..=ms(331)).contains(&took),
        "there and back: {took:?}"
    );

    let (there, mut lane) = control(&*pair.dialled, &*pair.accepted).await;
    let (back, mut back_lane) = control(&*pair.accepted, &*pair.dialled).await;
    let begun = Instant::now();
    there.send(pattern(50_000)).await.unwrap();
    assert_eq!(read_exactly(&mut *lane, 50_000).await, pattern(50_000));
    let took = begun.elapsed();
    assert!((ms(20)..=ms(31)).contains(&took), "there: {took:?}");
    let begun = Instant::now();
    back.send(pattern(3)).await.unwrap();
    read_exactly(&mut *back_lane, 3).await;
    assert!((ms(300)..=ms(301)).contains(&begun.elapsed()));
    assert!(net.faults().pieces_delayed > 3);

    let begun = Instant::now();
    pair.accepted.close(CloseReason::Idle);
    let end = pair.dialled.closed().await;
    assert_eq!(end, LinkEnd::There(CloseReason::Idle));
    assert!((ms(300)..=ms(301)).contains(&begun.elapsed()));
}

#[tokio::test(start_paused = true)]
async fn a_delay_set_later_holds_for_links_that_exist() {
    let net = MemoryNetwork::seeded(9);
    let pair = Pair::link(&net).await;
    let (feed, mut lane) = control(&*pair.dialled, &*pair.accepted).await;
    net.delay(ms(70)..=ms(70));
    let begun = Instant::now();
    feed.send(pattern(9)).await.unwrap();
    read_exactly(&mut *lane, 9).await;
    assert!((ms(70)..=ms(71)).contains(&begun.elapsed()));
}
