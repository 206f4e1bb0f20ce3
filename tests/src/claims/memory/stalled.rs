//! A publisher at full speed, and receivers that are frozen, slow and quick.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use quibus::bus::{Bus, MemoryBudget, Timings};
use quibus::dispatch::Missed;
use quibus::prelude::*;
use quibus_certs::issue::DevelopmentCa;

use super::super::claim::Untried;
use super::super::peak;
use super::measured::{Measured, bound};
use super::town::Town;

/// Of the whole process.
const BUDGET: u64 = 64 << 20;
/// A receiver whose lane is full for so long is skipped.
const PATIENCE: Duration = Duration::from_millis(500);
/// Every so many events one is large.
const LARGE_EVERY: u64 = 16;
/// How long the quick one may take for what is left at the end.
const LEFT: Duration = Duration::from_secs(20);

/// The `number`th of a run.
#[derive(Clone, PartialEq, ::prost::Message, Event)]
#[quibus(namespace = "Memory")]
struct Ticked {
    #[prost(uint64, tag = "1")]
    number: u64,
    #[prost(bytes = "bytes", tag = "2")]
    filling: bytes::Bytes,
}

/// What a receiver has handled and missed.
#[derive(Debug, Clone, Default)]
struct Tally(Arc<[AtomicU64; 2]>);

impl Tally {
    fn handled(&self) -> u64 {
        self.0[0].load(Ordering::Relaxed)
    }

    fn missed(&self) -> u64 {
        self.0[1].load(Ordering::Relaxed)
    }
}

async fn quick(_: Ticked, State(tally): State<Tally>) {
    tally.0[0].fetch_add(1, Ordering::Relaxed);
}

async fn slow(_: Ticked, State(tally): State<Tally>) {
    tokio::time::sleep(Duration::from_millis(1)).await;
    tally.0[0].fetch_add(1, Ordering::Relaxed);
}

async fn frozen(_: Ticked, State(_): State<Tally>) {
    std::future::pending().await
}

async fn missed(missed: Missed, State(tally): State<Tally>) {
    tally.0[1].fetch_add(missed.count, Ordering::Relaxed);
}

/// The receivers, by how they handle.
#[derive(Debug, Default)]
struct Receivers {
    quick: Tally,
    slow: Tally,
    frozen: Tally,
}

/// What the publisher did.
struct Published {
    events: u64,
    /// How often an event was skipped for somebody.
    skipped: u64,
}

/// Publishes for so long.
pub(super) async fn run(long: bool) -> Result<Measured, Untried> {
    let before = peak::of_this_process()?;
    let lasts = Duration::from_secs(if long { 60 } else { 10 });
    let ca = DevelopmentCa::create("memory", DevelopmentCa::VALID_FOR)?;
    let budget = MemoryBudget::new(BUDGET);
    let receivers = Receivers::default();
    let town = cast(&ca, &budget, &receivers).await?;
    let published = publish(&town.buses[0], &receivers, lasts).await?;
    let Receivers { quick, slow, .. } = &receivers;
    let notes = vec![
        format!(
            "{} events published in {} s, {} times skipped for somebody",
            published.events,
            lasts.as_secs(),
            published.skipped
        ),
        format!(
            "quick handled {} and missed {}, slow handled {}",
            quick.handled(),
            quick.missed(),
            slow.handled()
        ),
        format!(
            "{} of {} MiB of the budget taken at the end, {} refusals",
            budget.taken() >> 20,
            BUDGET >> 20,
            budget.refusals()
        ),
    ];
    Ok(Measured {
        before,
        peak: peak::of_this_process()?,
        bound: bound(&town.buses),
        buses: town.buses.len() as u64,
        notes,
        problems: problems(&town.buses[0], &budget, &receivers, &published),
    })
}

/// The publisher, and one receiver of each kind.
async fn cast<'a>(
    ca: &'a DevelopmentCa,
    budget: &MemoryBudget,
    receivers: &Receivers,
) -> Result<Town<'a>, Untried> {
    let mut town = Town::new(ca);
    let timings = Timings {
        slow_peer: PATIENCE,
        ..Timings::default()
    };
    let builder = |peer: &str, tally: &Tally| {
        Bus::builder(peer)
            .memory_budget(budget.clone())
            .timings(timings.clone())
            .state(tally.clone())
    };
    let Receivers {
        quick: at_once,
        slow: late,
        frozen: never,
    } = receivers;
    let publisher = builder("Publisher.0", &Tally::default());
    town.add("Publisher.0", publisher).await?;
    let receiver = builder("Quick.0", at_once).handle(quick).handle(missed);
    town.add("Quick.0", receiver).await?;
    let receiver = builder("Slow.0", late).handle(slow).handle(missed);
    town.add("Slow.0", receiver).await?;
    town.add("Frozen.0", builder("Frozen.0", never).handle(frozen))
        .await?;
    town.open();
    Ok(town)
}

/// Publishes at full speed, then waits until the quick one has all.
async fn publish(
    publisher: &Bus,
    receivers: &Receivers,
    lasts: Duration,
) -> Result<Published, Untried> {
    let (small, large): (bytes::Bytes, bytes::Bytes) =
        (vec![7; 1 << 10].into(), vec![7; 1 << 16].into());
    let begin = Instant::now();
    let mut published = Published {
        events: 0,
        skipped: 0,
    };
    while begin.elapsed() < lasts {
        let number = published.events;
        let is_large = number.is_multiple_of(LARGE_EVERY);
        let filling = if is_large { &large } else { &small }.clone();
        let told = publisher.publish(Ticked { number, filling }).await?;
        published.skipped += told.missed as u64;
        published.events += 1;
    }
    let (end, quick) = (Instant::now(), &receivers.quick);
    while quick.handled() + quick.missed() < published.events && end.elapsed() < LEFT {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(published)
}

fn problems(
    publisher: &Bus,
    budget: &MemoryBudget,
    receivers: &Receivers,
    published: &Published,
) -> Vec<String> {
    let mut problems = Vec::new();
    let quick = &receivers.quick;
    if quick.handled() + quick.missed() != published.events {
        problems.push(format!(
            "the quick one has handled {} of {} and missed {}",
            quick.handled(),
            published.events,
            quick.missed()
        ));
    }
    let peers = publisher.peers();
    let frozen = peers.iter().find(|known| known.peer.as_str() == "Frozen.0");
    if !frozen.is_some_and(|known| known.exchange.is_slow()) {
        problems.push("nobody says that the frozen one is slow".to_owned());
    }
    if budget.taken() > BUDGET {
        let taken = budget.taken();
        problems.push(format!("{taken} of the budget's {BUDGET} bytes are taken"));
    }
    problems
}
