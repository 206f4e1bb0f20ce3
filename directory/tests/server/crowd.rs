//! Many peers at once.

use std::time::Duration;

use quibus::Bus;

use crate::messages::{Double, double};
use crate::town::{Town, until};

#[tokio::test(start_paused = true)]
async fn two_hundred_peers_start_together_and_see_each_other() {
    see_each_other(61, 200).await;
}

/// In real time, for what only several threads can get wrong.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn peers_on_several_threads_start_together_and_see_each_other() {
    see_each_other(62, 40).await;
}

async fn see_each_other(seed: u64, count: usize) {
    let town = Town::new(seed);
    let directory = town.directory().await;
    let starting: Vec<_> = (0..count)
        .map(|number| {
            let bus = town.bus(&format!("Peer.{number}")).handle(double);
            tokio::spawn(bus.start())
        })
        .collect();
    let mut buses: Vec<Bus> = Vec::new();
    for starting in starting {
        buses.push(starting.await.unwrap().unwrap());
    }
    assert_eq!(directory.peers().len(), count + 1);
    let all = || buses.iter().all(|bus| bus.peers().len() == count + 1);
    until("all see each other", all).await;
    for (number, bus) in buses.iter().enumerate() {
        let next = buses[(number + 1) % count].peer();
        let double = Double {
            number: number as u64,
        };
        let sent = bus.send(double).to(next).timeout(Duration::from_secs(5));
        assert_eq!(sent.await.unwrap().number, 2 * number as u64);
    }
}
