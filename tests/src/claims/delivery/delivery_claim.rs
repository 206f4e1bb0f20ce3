//! The claim: every world in turn, the verdict.

use std::time::{Duration, Instant};

use quibus_relay::{Chance, Weather};

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::super::seed::seed;
use super::trial::{self, Found, Plan};
use super::virtual_time::run_in_memory;
use crate::history::Verdict as Judged;
use crate::worlds::{QuicWorld, World};

/// The claim that nothing is lost, doubled or reordered, and every outcome is true.
pub struct Delivery;

/// More than there are cores, so that tasks are interrupted anywhere.
const THREADS: usize = 4;
/// Long enough for a handshake of which most packets are lost.
const STORMY_HANDSHAKE: Duration = Duration::from_secs(5);

/// Messages and cuts of each part.
struct Parts {
    memory: (u64, u64),
    fair: (u64, u64),
    storm: (u64, u64),
}

const SHORT: Parts = Parts {
    memory: (100_000, 400),
    fair: (80_000, 200),
    storm: (20_000, 20),
};
const LONG: Parts = Parts {
    memory: (4_000_000, 5_000),
    fair: (5_700_000, 5_000),
    storm: (300_000, 300),
};

impl Claim for Delivery {
    fn name(&self) -> &'static str {
        "delivery"
    }

    fn summary(&self) -> &'static str {
        "3 senders, 3 receivers, 3 lanes and an unsequenced one: under faults and restarts all of the three arrives once, in order, and outcomes are true"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        let seed = seed(self.name(), options)?;
        let parts = if options.long { LONG } else { SHORT };
        let plan = |(messages, cuts): (u64, u64), thorough| Plan {
            seed,
            messages,
            cuts,
            thorough,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .enable_all()
            .build()?;
        let begin = Instant::now();
        let mut founds = Vec::new();
        founds.push(told(begin, run_in_memory(&plan(parts.memory, true))?));
        let fair = runtime.block_on(over_quic(fair_weather(), &plan(parts.fair, true)));
        founds.push(told(begin, fair?));
        let storm = runtime.block_on(over_quic(storm(), &plan(parts.storm, false)));
        founds.push(told(begin, storm?));
        Ok(verdict(&founds))
    }
}

async fn over_quic(weather: Weather, plan: &Plan) -> Result<Found, Untried> {
    let world = QuicWorld::under(weather, plan.seed)?.handshake_timeout(STORMY_HANDSHAKE);
    let name = world.name();
    let found = trial::run(world, plan).await;
    found.map_err(|error| format!("over {name}: {error}").into())
}

/// A little of everything, up to 1 % loss.
fn fair_weather() -> Weather {
    Weather {
        loss: Chance::of(0.01),
        delay: Duration::from_micros(200),
        jitter: Duration::from_micros(300),
        reorder: Chance::of(0.005),
        reorder_by: Duration::from_millis(2),
        duplicate: Chance::of(0.005),
        corrupt: Chance::of(0.002),
        ..Weather::CLEAR
    }
}

fn storm() -> Weather {
    Weather {
        loss: Chance::of(0.3),
        ..fair_weather()
    }
}

fn told(begin: Instant, found: Found) -> Found {
    println!("{found} ({:.0} s by now)", begin.elapsed().as_secs_f64());
    found
}

fn verdict(founds: &[Found]) -> Verdict {
    let (mut judged, mut cuts) = (Judged::default(), 0);
    for found in founds {
        judged.add(found.verdict.clone());
        cuts += found.fired.cuts();
    }
    Verdict {
        holds: founds.iter().all(Found::holds),
        figure: format!(
            "{}; of {} messages over {cuts} forced reconnects, {} skipped for frozen subscribers",
            judged.faults,
            judged.events_accepted + judged.commands_begun + judged.unsequenced.total(),
            judged.skipped
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claim_holds_only_if_nothing_is_wrong_anywhere() {
        assert!(verdict(&[Found::default(), Found::default()]).holds);
        let mut lost = Found::default();
        lost.verdict.faults.lost = 1;
        assert!(!verdict(&[Found::default(), lost]).holds);
        let mut hung = Found::default();
        hung.problems.push("a stop hangs".into());
        assert!(!verdict(&[hung, Found::default()]).holds);
    }
}
