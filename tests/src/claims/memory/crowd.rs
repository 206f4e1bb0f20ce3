//! Many peers that are mostly idle, each linked to a directory and four neighbours.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use quibus::bus::{Bus, MemoryBudget};
use quibus::prelude::*;
use quibus_certs::issue::DevelopmentCa;

use super::super::claim::Untried;
use super::super::peak;
use super::measured::{Measured, bound};
use super::town::Town;

/// Of the whole process.
const BUDGET: u64 = 64 << 20;
/// Peers of a town, beside its directory.
const NEIGHBOURS: usize = 5;
/// How often each peer says something to all others of its town, and how long it is idle between.
const ROUNDS: u64 = 3;
const IDLE: Duration = Duration::from_secs(1);
/// How long a round may take to arrive.
const ARRIVES: Duration = Duration::from_secs(60);

/// A peer is there.
#[derive(Clone, PartialEq, ::prost::Message, Event)]
#[quibus(namespace = "Memory")]
struct Greeted {
    #[prost(uint64, tag = "1")]
    round: u64,
}

async fn greeted(_: Greeted, State(count): State<Arc<AtomicU64>>) {
    count.fetch_add(1, Ordering::Relaxed);
}

/// Starts all of them, lets them greet each other a few times, and measures.
pub(super) async fn run(long: bool) -> Result<Measured, Untried> {
    let before = peak::of_this_process()?;
    let peers = if long { 1_000 } else { 100 };
    let ca = DevelopmentCa::create("memory", DevelopmentCa::VALID_FOR)?;
    let budget = MemoryBudget::new(BUDGET);
    let count = Arc::new(AtomicU64::new(0));
    let mut towns = Vec::new();
    for number in 0..peers / NEIGHBOURS {
        let mut town = Town::new(&ca);
        for at in 0..=NEIGHBOURS {
            let name = match at {
                NEIGHBOURS => format!("Directory.{number}"),
                at => format!("Town{number}.{at}"),
            };
            let builder = Bus::builder(&name).memory_budget(budget.clone());
            town.add(&name, builder.state(count.clone()).handle(greeted))
                .await?;
        }
        town.open();
        towns.push(town);
    }
    let started = peak::of_this_process()?;
    let buses = || towns.iter().flat_map(|town| &town.buses);
    let mut problems = Vec::new();
    for round in 0..ROUNDS {
        for bus in buses() {
            bus.publish(Greeted { round }).await?;
        }
        let expected = (round + 1) * buses().count() as u64 * (NEIGHBOURS as u64 + 1);
        let begin = Instant::now();
        while count.load(Ordering::Relaxed) < expected && begin.elapsed() < ARRIVES {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let came = count.load(Ordering::Relaxed);
        if came != expected {
            problems.push(format!("{came} of {expected} greetings came"));
        }
        tokio::time::sleep(IDLE).await;
    }
    let peak = peak::of_this_process()?;
    let each = (peak - before) / peers as u64;
    let notes = vec![
        format!(
            "{peers} peers in {} towns, each with {NEIGHBOURS} links of its own",
            towns.len()
        ),
        format!(
            "{} KiB each before there was a link, {} KiB with links: {} peers per GiB",
            ((started - before) / peers as u64) >> 10,
            each >> 10,
            (1 << 30) / each.max(1)
        ),
    ];
    Ok(Measured {
        before,
        peak,
        bound: bound(buses()),
        buses: buses().count() as u64,
        notes,
        problems,
    })
}
