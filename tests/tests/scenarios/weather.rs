//! Events through loss, delay and more, and through changes of address: each arrives once and in
//! order.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use quibus::bus::Bus;
use quibus_relay::{Chance, Counts, Direction, Relay, Weather};
use quibus_tests::worlds::{QuicWorld, Stage};

use super::contract::{Measured, RoundOver};
use super::inbox::{Inbox, measured};

const EVENTS: u64 = 3_000;
/// Each is a hundred packets or more, so that every fault is met long before.
const MOST_ROUNDS: u32 = 30;
const PEERS: [&str; 2] = ["Weather.0", "All.0"];

pub(crate) async fn run() {
    let seed = env::var("QUIBUS_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(42);
    println!("again with QUIBUS_SEED={seed}");
    let weather = Weather {
        loss: Chance::of(0.05),
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(2),
        reorder: Chance::of(0.01),
        reorder_by: Duration::from_millis(5),
        duplicate: Chance::of(0.01),
        corrupt: Chance::of(0.005),
        ..Weather::CLEAR
    };
    let stage = Stage::new(QuicWorld::under(weather, seed).unwrap());
    let [name, subscriber] = PEERS;
    let publisher = stage.start(name, Bus::builder(name)).await.unwrap();
    let (builder, mut inbox) = Inbox::of(subscriber);
    let subscriber = stage.start(subscriber, builder.handle(measured)).await;
    let _subscriber = subscriber.unwrap();

    let mut rounds = 0;
    while !faults_have_fired(&stage.world) {
        rounds += 1;
        assert!(
            rounds <= MOST_ROUNDS,
            "too little has happened, seed {seed}"
        );
        publish(&publisher).await;
        assert!(inbox.round().await.into_iter().eq(0..EVENTS), "seed {seed}");
    }

    let mut moved = 0;
    for relay in relays(&stage.world) {
        moved += relay.change_addresses().await.unwrap();
    }
    assert!(moved > 0);
    publish(&publisher).await;
    assert!(inbox.round().await.into_iter().eq(0..EVENTS), "seed {seed}");
}

async fn publish(publisher: &Bus) {
    for number in 0..EVENTS {
        let event = Measured {
            station: "Seattle".into(),
            month: 3,
            number,
        };
        let published = publisher.publish(event).await.unwrap();
        assert_eq!((published.queued, published.missed), (1, 0));
    }
    publisher.publish(RoundOver {}).await.unwrap();
}

/// Whether every fault has been met by something, and loss in each direction.
fn faults_have_fired(world: &QuicWorld) -> bool {
    let counters = relays(world).map(|relay| relay.counters());
    let counts = counters.map(|counters| Direction::BOTH.map(|way| *counters.of(way)));
    let counts = counts.as_flattened();
    let met = |fault: fn(&Counts) -> u64| counts.iter().any(|counts| fault(counts) > 0);
    met(|counts| counts.delayed)
        && met(|counts| counts.reordered)
        && met(|counts| counts.duplicated)
        && met(|counts| counts.corrupted)
        // One relay has all the traffic: that of the peer that was dialled.
        && counts.iter().filter(|counts| counts.lost > 0).count() >= 2
}

fn relays(world: &QuicWorld) -> [Arc<Relay>; 2] {
    PEERS.map(|peer| world.relay(peer).unwrap())
}
