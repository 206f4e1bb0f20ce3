//! The claim: its phases, the table, the verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use quibus::bus::{Bus, Sending};
use quibus::message::Command;
use quibus::prelude::*;
use tokio::io::AsyncReadExt as _;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::contract::{
    Answer, Filling, Freezer, Haul, Order, Ping, Query, filling, haul, order, ping, query,
};
use super::round_trips::{Phase, RoundTrips};
use crate::worlds::{QuicWorld, Stage};

/// The claim that lanes and bodies keep out of each other's way.
pub struct Lanes;

const THREADS: usize = 2;
/// How long the lane is frozen, and bodies move; the calm takes half of it before, between and
/// after.
const SHORT: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_secs(60);
/// How many times as long as before requests may take at the 99th percentile.
const TIMES: f64 = 2.0;
/// Bytes of an event in the frozen lane.
const FILLING: usize = 16 << 10;
/// Bytes of a body.
const BODY: u64 = 64 << 20;
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
        "while one lane's receiver is frozen, and while 64 MiB bodies move, the others take at most \
         twice as long at p99"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        let each = if options.long { LONG } else { SHORT };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .enable_all()
            .build()?;
        runtime.block_on(measure(each))
    }
}

/// What the lane that freezes has come to.
#[derive(Debug, Default)]
struct Flood {
    on: AtomicBool,
    queued: AtomicU64,
    skipped: AtomicU64,
}

async fn measure(each: Duration) -> Result<Verdict, Untried> {
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
        .handle(haul.queue("bodies"))
        .handle(ping);
    let _desk = stage.start("Desk.0", desk).await?;
    let clerk = stage.start("Clerk.0", Bus::builder("Clerk.0")).await?;

    let phase = Arc::new(AtomicUsize::new(0));
    let kinds = [
        ("orders", Duration::ZERO),
        ("queries", Duration::ZERO),
        ("pings", BETWEEN_PINGS),
    ];
    let kinds = kinds.map(|(kind, pause)| (kind, RoundTrips::new(phase.clone(), pause)));
    let flood = Arc::new(Flood::default());
    let mut tasks = JoinSet::new();
    let [(_, orders), (_, queries), (_, pings)] = &kinds;
    for _ in 0..AT_ONCE {
        let (clerks, orders, queries) = (clerk.clone(), orders.clone(), queries.clone());
        tasks.spawn(requests(clerks.clone(), orders, |number| Order { number }));
        tasks.spawn(requests(clerks, queries, |number| Query { number }));
    }
    let pinger = clerk.clone();
    tasks.spawn(requests(pinger, pings.clone(), |number| Ping { number }));
    tasks.spawn(fill(clerk.clone(), flood.clone()));

    let enter = |next: Phase| phase.store(next as usize, Ordering::Release);
    sleep(each / 2).await;
    freeze.send_replace(true);
    flood.on.store(true, Ordering::Release);
    enter(Phase::Frozen);
    sleep(each).await;
    flood.on.store(false, Ordering::Release);
    freeze.send_replace(false);
    let caught_up = async {
        while handled.load(Ordering::Relaxed) < flood.queued.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let caught_up = timeout(THAWS, caught_up).await.is_ok();
    enter(Phase::Calm);
    sleep(each / 2).await;
    enter(Phase::Bodies);
    let bodies = move_bodies(&clerk, each).await?;
    enter(Phase::Calm);
    sleep(each / 2).await;
    if let Some(ended) = tasks.try_join_next() {
        return Err(format!("a request failed: {ended:?}").into());
    }
    println!(
        "bodies of {} MiB moved for {each:?}: {bodies} of them, {:.0} MB/s",
        BODY >> 20,
        (bodies * BODY) as f64 / 1e6 / each.as_secs_f64()
    );
    Ok(verdict(each, &kinds, &flood, caught_up))
}

/// Sends bodies, one after the other, until so much time has passed; returns how many.
async fn move_bodies(bus: &Bus, during: Duration) -> Result<u64, Untried> {
    let until = tokio::time::Instant::now() + during;
    let mut bodies = 0;
    while tokio::time::Instant::now() < until {
        let body = Body::from_reader(tokio::io::repeat(7).take(BODY));
        match bus.send(Haul {}).body(body).await? {
            BODY => bodies += 1,
            other => return Err(format!("{other} bytes arrived of {BODY}").into()),
        }
    }
    Ok(bodies)
}

/// One request after the other, for ever; ends with the first that has no reply.
async fn requests<C>(bus: Bus, trips: RoundTrips, command: fn(u64) -> C) -> Result<(), String>
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
        trips.pause().await;
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
    each: Duration,
    kinds: &[(&str, RoundTrips)],
    flood: &Flood,
    caught_up: bool,
) -> Verdict {
    let (queued, skipped) = (
        flood.queued.load(Ordering::Relaxed),
        flood.skipped.load(Ordering::Relaxed),
    );
    println!(
        "the lane was frozen for {each:?}: {queued} events of {FILLING} B were taken, then \
         {skipped} skipped; all that was taken was handled after the thaw: {caught_up}"
    );
    let frozen = worst(kinds, Phase::Frozen, "one lane frozen");
    let bodies = worst(kinds, Phase::Bodies, "bodies moving");
    Verdict {
        // If nothing was skipped the lane was never full, and nothing has been tried.
        holds: frozen <= TIMES && bodies <= TIMES && caught_up && skipped > 0,
        figure: format!(
            "p99, times the calm's: at most {frozen:.2} while one lane was frozen, {bodies:.2} while \
             bodies moved"
        ),
    }
}

/// Prints what requests took in a phase and in the calm; returns the worst ratio of all kinds.
fn worst(kinds: &[(&str, RoundTrips)], phase: Phase, what: &str) -> f64 {
    println!(
        "{what:16} {:>22} {:>22}  times",
        "calm p50 / p99", "then p50 / p99"
    );
    let mut worst: f64 = 0.0;
    for (kind, trips) in kinds {
        let (calm, then) = (trips.figures(Phase::Calm), trips.figures(phase));
        let times = then.1.as_secs_f64() / calm.1.as_secs_f64();
        // What was not measured is not known to be fast.
        let measured = calm.2 > 0 && then.2 > 0;
        worst = worst.max(if measured { times } else { f64::INFINITY });
        let pair = |(p50, p99, _): (Duration, Duration, usize)| {
            format!("{} / {} µs", p50.as_micros(), p99.as_micros())
        };
        println!(
            "  {kind:14} {:>22} {:>22}  {times:.2} (of {} and {})",
            pair(calm),
            pair(then),
            calm.2,
            then.2
        );
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_claim_holds_only_if_the_lane_was_full_and_the_others_were_not_slower() {
        let phase = Arc::new(AtomicUsize::new(0));
        let trips = RoundTrips::new(phase.clone(), Duration::ZERO);
        for at in [Phase::Calm, Phase::Frozen, Phase::Bodies] {
            phase.store(at as usize, Ordering::Release);
            trips.time(sleep(Duration::from_millis(5))).await;
        }
        let full = Flood::default();
        full.skipped.store(1, Ordering::Relaxed);
        let second = Duration::from_secs(1);
        let unmeasured = RoundTrips::new(phase, Duration::ZERO);
        assert!(!verdict(second, &[("pings", unmeasured)], &full, true).holds);
        assert!(!verdict(second, &[("pings", trips.clone())], &full, false).holds);
        assert!(!verdict(second, &[("pings", trips.clone())], &Flood::default(), true).holds);
        let slow = trips.clone();
        slow.time(sleep(Duration::from_millis(50))).await;
        assert!(!verdict(second, &[("pings", slow)], &full, true).holds);
    }
}
