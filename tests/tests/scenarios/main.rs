//! Scenarios that run over every transport from one source.
//!
//! A scenario is a function of a [`Stage`](quibus_tests::worlds::Stage), whatever its world: over
//! the network in memory, in virtual time, and over QUIC on loopback. Weather is for packets, so
//! what goes through it runs over QUIC only.

mod bodies;
mod bulk;
mod contract;
mod inbox;
mod routed_delivery;
mod unsequenced;
mod weather;

use std::time::Duration;

use quibus::bus::Timings;
use quibus_tests::claims::delivery;
use quibus_tests::worlds::{MemoryWorld, QuicWorld, Stage};

/// For scenarios that break links.
fn noticing_breaks_soon() -> Timings {
    Timings {
        ping_after: Duration::from_millis(200),
        broken_after: Duration::from_millis(400),
        ..Timings::default()
    }
}

#[tokio::test(start_paused = true)]
async fn routed_delivery_over_the_network_in_memory() {
    routed_delivery::run(Stage::new(MemoryWorld::seeded(1))).await;
}

#[tokio::test]
async fn routed_delivery_over_quic() {
    routed_delivery::run(Stage::new(QuicWorld::new().unwrap())).await;
}

/// What `prove delivery` tries at length; over the network in memory a unit test of it runs.
#[tokio::test]
async fn three_senders_three_receivers_and_three_lanes_under_faults_over_quic() {
    let plan = delivery::Plan {
        seed: 1,
        messages: 6_000,
        cuts: 20,
        thorough: false,
    };
    let found = delivery::run(QuicWorld::new().unwrap(), &plan).await;
    let found = found.unwrap();
    assert!(found.holds(), "seed {}: {found}", plan.seed);
}

#[tokio::test(start_paused = true)]
async fn bodies_over_the_network_in_memory() {
    bodies::run(Stage::new(MemoryWorld::seeded(1))).await;
}

#[tokio::test]
async fn bodies_over_quic() {
    bodies::run(Stage::new(QuicWorld::new().unwrap())).await;
}

#[tokio::test(start_paused = true)]
async fn unsequenced_commands_over_the_network_in_memory() {
    unsequenced::run(Stage::new(MemoryWorld::seeded(1))).await;
}

#[tokio::test]
async fn unsequenced_commands_over_quic() {
    unsequenced::run(Stage::new(QuicWorld::new().unwrap())).await;
}

#[tokio::test]
async fn bad_weather_and_changes_of_address_lose_and_double_nothing() {
    weather::run().await;
}

#[tokio::test]
async fn what_follows_bulk_in_another_lane_overtakes_it() {
    bulk::run().await;
}
