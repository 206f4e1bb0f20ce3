//! Many peers at once.

use std::time::Duration;

use quibus::Bus;

use crate::messages::{Double, double};
use crate::town::{Town, until};

const PEERS: usize = 200;

#[tokio::test(start_paused = true)]
async fn two_hundred_peers_start_together_and_see_each_other() {
    let town = Town::new(61);
    let directory = town.directory().await;
    let starting: Vec<_> = (0..PEERS)
        .map(|number| {
            let bus = town.bus(&format!("Peer.{number}")).handle(double);
            tokio::spawn(bus.start())
        })
        .collect();
    let mut buses: Vec<Bus> = Vec::new();
    for starting in starting {
        buses.push(starting.await.unwrap().unwrap());
    }
    assert_eq!(directory.peers().len(), PEERS + 1);
    let all = || buses.iter().all(|bus| bus.peers().len() == PEERS + 1);
    until("all see each other", all).await;
    for (number, bus) in buses.iter().enumerate() {
        let next = buses[(number + 1) % PEERS].peer();
        let double = Double {
            number: number as u64,
        };
        let sent = bus.send(double).to(next).timeout(Duration::from_secs(5));
        assert_eq!(sent.await.unwrap().number, 2 * number as u64);
    }
}
