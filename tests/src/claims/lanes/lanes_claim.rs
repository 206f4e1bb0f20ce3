//! The claim: its phases, the table, the verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use quibus::bus::{Bus, Sending};
use quibus::message::Command;
use quibus::prelude::*;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::contract::{Answer, Filling, Freezer, Order, Ping, Query, filling, order, ping, query};
use super::round_trips::RoundTrips;
use crate::worlds::{QuicWorld, Stage};

/// The claim that lanes keep out of each other's way.
pub struct Lanes;

const THREADS: usize = 2;
/// How long the lane is frozen.
const SHORT: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_secs(60);
/// How many times as long as before requests may take at the 99th percentile.
const TIMES: f64 = 2.0;
/// Bytes of an event in the frozen lane.
const FILLING: usize = 16 << 10;
/// Requests of each kind at a time.
const AT_ONCE: usize = 4;
/// Between two pings.
const BETWEEN_PINGS: Duration = Duration::from_millis(2);
/// Between two events that are skipped: its sender goes on.
const BETWEEN_SKIPPED: Duration = Duration::from_millis(1);
/// After the thaw all that was taken is handled within this.
const THAWS: Duration = Duration::from_secs(30);

impl Claim for Lanes {
    fn name(&self) -> &'static str {
        "lanes"
    }

    fn summary(&self) -> &'static str {
        "while one lane's receiver is frozen, the others take at most twice as long at p99"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        let frozen = if options.long { LONG } else { SHORT };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .enable_all()
            .build()?;
        runtime.block_on(measure(frozen))
    }
}

/// What the lane that freezes has come to.
#[derive(Debug, Default)]
struct Flood {
    on: AtomicBool,
    queued: AtomicU64,
    skipped: AtomicU64,
}

async fn measure(frozen_for: Duration) -> Result<Verdict, Untried> {
    let (freeze, frozen) = watch::channel(false);
    let handled = Arc::new(AtomicU64::new(0));
    let freezer = Freezer {
        frozen,
        handled: handled.clone(),
    };
    let stage = Stage::new(QuicWorld::new()?);
    let desk = Bus::builder("Desk.0")
        .state(freezer)
        .handle(filling.queue("frozen"))
        .handle(order.queue("orders"))
        .handle(query.queue("queries"))
        .handle(ping);
    let _desk = stage.start("Desk.0", desk).await?;
    let clerk = stage.start("Clerk.0", Bus::builder("Clerk.0")).await?;

    let phase = Arc::new(AtomicUsize::new(0));
    let kinds = ["orders", "queries", "pings"].map(|kind| (kind, RoundTrips::new(phase.clone())));
    let flood = Arc::new(Flood::default());
    let mut tasks = JoinSet::new();
    let [(_, orders), (_, queries), (_, pings)] = &kinds;
    for _ in 0..AT_ONCE {
        let round = Duration::ZERO;
        tasks.spawn(requests(clerk.clone(), orders.clone(), round, |number| {
            Order { number }
        }));
        tasks.spawn(requests(clerk.clone(), queries.clone(), round, |number| {
            Query { number }
        }));
    }
    let between = BETWEEN_PINGS;
    tasks.spawn(requests(clerk.clone(), pings.clone(), between, |number| {
        Ping { number }
    }));
    tasks.spawn(fill(clerk.clone(), flood.clone()));

    sleep(frozen_for / 2).await;
    freeze.send_replace(true);
    flood.on.store(true, Ordering::Release);
    phase.store(1, Ordering::Release);
    sleep(frozen_for).await;
    phase.store(0, Ordering::Release);
    flood.on.store(false, Ordering::Release);
    freeze.send_replace(false);
    sleep(frozen_for / 2).await;
    let caught_up = async {
        while handled.load(Ordering::Relaxed) < flood.queued.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let caught_up = timeout(THAWS, caught_up).await.is_ok();
    if let Some(ended) = tasks.try_join_next() {
        return Err(format!("a request failed: {ended:?}").into());
    }
    Ok(verdict(frozen_for, &kinds, &flood, caught_up))
}

/// One request after the other, for ever; ends with the first that has no reply.
async fn requests<C>(
    bus: Bus,
    trips: RoundTrips,
    between: Duration,
    command: fn(u64) -> C,
) -> Result<(), String>
where
    C: Command<Reply = Answer>,
    Sending<C>: Future<Output = Result<Answer, quibus::SendError<C::Error>>>,
{
    for number in 0.. {
        let answer = trips.time(bus.send(command(number))).await;
        match answer {
            Ok(answer) if answer.number == number => {}
            Ok(answer) => return Err(format!("{} for {number}", answer.number)),
            Err(error) => return Err(format!("{error:?}")),
        }
        if !between.is_zero() {
            sleep(between).await;
        }
    }
    Ok(())
}

/// Fills the lane that freezes, while it is to.
async fn fill(bus: Bus, flood: Arc<Flood>) -> Result<(), String> {
    let filling = Bytes::from(vec![0; FILLING]);
    loop {
        if !flood.on.load(Ordering::Acquire) {
            sleep(BETWEEN_SKIPPED).await;
            continue;
        }
        let published = bus.publish(Filling {
            filling: filling.clone(),
        });
        let published = published.await.map_err(|error| error.to_string())?;
        flood
            .queued
            .fetch_add(published.queued as u64, Ordering::Relaxed);
        if published.missed > 0 {
            flood
                .skipped
                .fetch_add(published.missed as u64, Ordering::Relaxed);
            sleep(BETWEEN_SKIPPED).await;
        }
    }
}

fn verdict(
    frozen_for: Duration,
    kinds: &[(&str, RoundTrips)],
    flood: &Flood,
    caught_up: bool,
) -> Verdict {
    let (queued, skipped) = (
        flood.queued.load(Ordering::Relaxed),
        flood.skipped.load(Ordering::Relaxed),
    );
    println!(
        "the lane was frozen for {frozen_for:?}: {queued} events of {FILLING} B were taken, then \
         {skipped} skipped; all that was taken was handled after the thaw: {caught_up}"
    );
    println!(
        "{:10} {:>22} {:>22}  times",
        "", "flowing p50 / p99", "frozen p50 / p99"
    );
    let mut worst: f64 = 0.0;
    for (kind, trips) in kinds {
        let (before, during) = (trips.figures(0), trips.figures(1));
        let times = during.1.as_secs_f64() / before.1.as_secs_f64();
        // What was not measured is not known to be fast.
        let measured = before.2 > 0 && during.2 > 0;
        worst = worst.max(if measured { times } else { f64::INFINITY });
        let pair = |(p50, p99, _): (Duration, Duration, usize)| {
            format!("{} / {} µs", p50.as_micros(), p99.as_micros())
        };
        println!(
            "{kind:10} {:>22} {:>22}  {times:.2} (of {} and {})",
            pair(before),
            pair(during),
            before.2,
            during.2
        );
    }
    Verdict {
        // If nothing was skipped the lane was never full, and nothing has been tried.
        holds: worst <= TIMES && caught_up && skipped > 0,
        figure: format!("p99 while one lane was frozen: at most {worst:.2} times the baseline's"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_claim_holds_only_if_the_lane_was_full_and_the_others_were_not_slower() {
        let phase = Arc::new(AtomicUsize::new(0));
        let trips = RoundTrips::new(phase.clone());
        for at in [0, 1] {
            phase.store(at, Ordering::Release);
            trips.time(sleep(Duration::from_millis(5))).await;
        }
        let full = Flood::default();
        full.skipped.store(1, Ordering::Relaxed);
        let second = Duration::from_secs(1);
        let unmeasured = RoundTrips::new(phase);
        assert!(!verdict(second, &[("pings", unmeasured)], &full, true).holds);
        assert!(!verdict(second, &[("pings", trips.clone())], &full, false).holds);
        assert!(!verdict(second, &[("pings", trips)], &Flood::default(), true).holds);
    }
}
