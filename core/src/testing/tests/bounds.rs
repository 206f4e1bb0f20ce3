//! What is bounded: bytes on their way, lanes; and how lanes are cut into pieces.

use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::watch;

use super::pair::{Pair, SHOP, STOCK, control, open, pattern, read, read_exactly, read_to_end};
use crate::testing::MemoryNetwork;
use crate::transport::{CloseReason, LinkEnd, Outgoing, Priority};

const CAPACITY: usize = 256 * 1024;
const BLOCK: usize = 10_000;

/// A bus that always has another block, and counts.
struct Endless(watch::Sender<usize>);

impl Outgoing for Endless {
    fn poll_take(&mut self, _: &mut Context<'_>, chunks: &mut Vec<Bytes>) -> Poll<bool> {
        chunks.push(Bytes::from_static(&[7; BLOCK]));
        self.0.send_modify(|taken| *taken += BLOCK);
        Poll::Ready(true)
    }
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_nobody_reads_takes_no_more_than_its_capacity_and_a_batch() {
    let net = MemoryNetwork::seeded(1);
    let pair = Pair::link(&net).await;
    let (_feed, _lane) = control(&*pair.dialled, &*pair.accepted).await;
    let (sender, mut taken) = watch::channel(0);
    pair.dialled
        .open(Priority::APPLICATION, Box::new(Endless(sender)));
    taken.wait_for(|taken| *taken >= CAPACITY).await.unwrap();
    // In virtual time a second passes only when nobody has anything left to do.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let stalled = *taken.borrow();
    assert!(stalled <= CAPACITY + BLOCK, "{stalled}");

    let mut lane = pair.accepted.accept().await.unwrap();
    let mut seen = 0;
    while seen < 4 * CAPACITY {
        seen += read(&mut *lane).await.unwrap().concat().len();
    }
    assert!(*taken.borrow() >= seen);
}

#[tokio::test(start_paused = true)]
async fn a_chunk_arrives_in_pieces() {
    let net = MemoryNetwork::seeded(2);
    let pair = Pair::link(&net).await;
    let (feed, mut lane) = control(&*pair.dialled, &*pair.accepted).await;
    feed.send(pattern(100_000)).await.unwrap();
    let (mut reads, mut pieces) = (Vec::new(), 0);
    while reads.iter().sum::<usize>() < 100_000 {
        let chunks = read(&mut *lane).await.unwrap();
        pieces += chunks.len();
        reads.push(chunks.concat().len());
    }
    assert!(reads.len() > 5 && pieces > reads.len(), "{reads:?}");
    assert!(net.faults().chunks_split >= pieces as u64 - 1);
}

#[tokio::test(start_paused = true)]
async fn a_lane_beyond_the_limit_waits_until_another_has_gone() {
    let net = MemoryNetwork::seeded(3);
    let pair = Pair::link(&net).await;
    let (_control, _lane) = control(&*pair.dialled, &*pair.accepted).await;
    let mut feeds: Vec<_> = (0..25)
        .map(|_| open(&*pair.dialled, Priority::APPLICATION))
        .collect();
    let mut lanes = Vec::new();
    for feed in &feeds {
        feed.send(pattern(1)).await.unwrap();
    }
    for _ in 0..24 {
        lanes.push(pair.accepted.accept().await.unwrap());
    }
    let wait = std::time::Duration::from_secs(1);
    let early = tokio::time::timeout(wait, pair.accepted.accept()).await;
    assert!(early.is_err(), "a 25th lane was let in");

    drop(feeds.remove(3));
    let (_, end) = read_to_end(&mut *lanes.remove(3)).await;
    assert!(matches!(end, LinkEnd::Broken(_)), "{end:?}");
    let mut last = pair.accepted.accept().await.unwrap();
    assert_eq!(read_exactly(&mut *last, 1).await, pattern(1));
}

#[tokio::test(start_paused = true)]
async fn too_many_lanes_and_a_second_control_lane_end_the_link() {
    let net = MemoryNetwork::seeded(4);
    for wrong in [Priority::CONTROL, Priority::APPLICATION] {
        let pair = Pair::link(&net).await;
        let (_feed, _lane) = control(&*pair.dialled, &*pair.accepted).await;
        let feeds: Vec<_> = (0..49).map(|_| open(&*pair.dialled, wrong)).collect();
        let end = pair.accepted.closed().await;
        assert_eq!(end, LinkEnd::There(CloseReason::Protocol), "{wrong:?}");
        assert_eq!(
            pair.dialled.closed().await,
            LinkEnd::Here(CloseReason::Protocol)
        );
        for feed in feeds {
            feed.closed().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_leaves_is_noticed_by_the_writer_but_not_through_a_black_hole() {
    let net = MemoryNetwork::seeded(5);
    let pair = Pair::link(&net).await;
    let (feed, lane) = control(&*pair.dialled, &*pair.accepted).await;
    let second = open(&*pair.dialled, Priority::APPLICATION);
    second.send(pattern(1)).await.unwrap();
    let second_lane = pair.accepted.accept().await.unwrap();
    drop(lane);
    feed.closed().await;

    net.black_hole(STOCK, SHOP);
    drop(second_lane);
    let wait = std::time::Duration::from_secs(9);
    assert!(tokio::time::timeout(wait, second.closed()).await.is_err());
    net.heal(STOCK, SHOP);
    second.closed().await;
}
