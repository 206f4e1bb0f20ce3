//! A publisher at full speed, and receivers that are frozen, slow and quick.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use quibus::bus::{Bus, MemoryBudget, Timings};
use quibus::dispatch::Missed;
use quibus::prelude::*;
use quibus_certs::issue::DevelopmentCa;

use super::super::claim::Untried;
use super::measured::{Measured, bound, peak};
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

/// Publishes for so long.
pub(super) async fn run(long: bool) -> Result<Measured, Untried> {
    let before = peak()?;
    let lasts = Duration::from_secs(if long { 60 } else { 10 });
    let ca = DevelopmentCa::create("memory", DevelopmentCa::VALID_FOR)?;
    let mut town = Town::new(&ca);
    let budget = MemoryBudget::new(BUDGET);
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
    let [quick_one, slow_one, frozen_one] = [(); 3].map(|()| Tally::default());
    town.add("Publisher.0", builder("Publisher.0", &Tally::default()))
        .await?;
    let receiver = builder("Quick.0", &quick_one).handle(quick).handle(missed);
    town.add("Quick.0", receiver).await?;
    let receiver = builder("Slow.0", &slow_one).handle(slow).handle(missed);
    town.add("Slow.0", receiver).await?;
    let receiver = builder("Frozen.0", &frozen_one).handle(frozen);
    town.add("Frozen.0", receiver).await?;
    town.open();
    let publisher = &town.buses[0];
    let (small, large) = (vec![7; 1 << 10].into(), vec![7; 1 << 16].into());
    let begin = Instant::now();
    let (mut published, mut skipped) = (0_u64, 0);
    while begin.elapsed() < lasts {
        let filling: &bytes::Bytes = if published.is_multiple_of(LARGE_EVERY) {
            &large
        } else {
            &small
        };
        let event = Ticked {
            number: published,
            filling: filling.clone(),
        };
        skipped += publisher.publish(event).await?.missed as u64;
        published += 1;
    }
    let end = Instant::now();
    while quick_one.handled() + quick_one.missed() < published && end.elapsed() < LEFT {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let peers = publisher.peers();
    let of = |peer: &str| {
        let known = peers.iter().find(|known| known.peer.as_str() == peer);
        known
            .map(|known| known.exchange.clone())
            .unwrap_or_default()
    };
    let mut problems = Vec::new();
    if quick_one.handled() + quick_one.missed() != published {
        problems.push(format!(
            "the quick one has handled {} of {published} and missed {}",
            quick_one.handled(),
            quick_one.missed()
        ));
    }
    if !of("Frozen.0").is_slow() {
        problems.push("nobody says that the frozen one is slow".to_owned());
    }
    if budget.taken() > BUDGET {
        problems.push(format!(
            "{} of the budget's {BUDGET} bytes are taken",
            budget.taken()
        ));
    }
    let notes = vec![
        format!(
            "{published} events published in {} s, {skipped} times skipped for somebody",
            lasts.as_secs()
        ),
        format!(
            "quick handled {} and missed {}, slow handled {}",
            quick_one.handled(),
            quick_one.missed(),
            slow_one.handled()
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
        peak: peak()?,
        bound: bound(&town.buses),
        buses: town.buses.len() as u64,
        notes,
        problems,
    })
}
