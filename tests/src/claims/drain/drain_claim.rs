//! The claim: its parts, one after the other.

use std::time::Duration;

use quibus_relay::{Chance, Weather};

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::super::seed::seed;
use super::against_all_odds::{frozen_peer, sends_in_progress};
use super::rolling::{self, Rolled};
use crate::worlds::{MemoryWorld, QuicWorld};

/// The claim that a stop loses nothing.
pub struct Drain;

const THREADS: usize = 4;
/// Restarts in memory, over QUIC, and through a storm.
const SHORT: [u64; 3] = [50, 50, 6];
const LONG: [u64; 3] = [500, 500, 60];
/// Sends that are in progress when a stop begins.
const SENDS: usize = 1_000_000;

impl Claim for Drain {
    fn name(&self) -> &'static str {
        "drain"
    }

    fn summary(&self) -> &'static str {
        "rolling restarts under load lose nothing, and a stop keeps its deadline whatever others do"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        let seed = seed(self.name(), options)?;
        let [memory, fair, storm] = if options.long { LONG } else { SHORT };
        let mut rolled = Vec::new();
        let mut problems = Vec::new();
        rolled.push(told(in_virtual_time(seed, |world| {
            rolling::run(world, memory)
        })??));
        for of_receiver in [false, true] {
            let sends = |world| sends_in_progress(world, SENDS, of_receiver);
            problems.extend(in_virtual_time(seed, sends)??);
        }
        problems.extend(in_virtual_time(seed, frozen_peer)??);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let stormy =
                QuicWorld::under(a_storm(), seed)?.handshake_timeout(Duration::from_secs(5));
            // Stops are mostly waited for, so both fit into one minute.
            let (fair, storm) = tokio::try_join!(
                rolling::run(QuicWorld::new()?, fair),
                rolling::run(stormy, storm)
            )?;
            rolled.extend([told(fair), told(storm)]);
            problems.extend(frozen_peer(QuicWorld::new()?).await?);
            Ok::<_, Untried>(())
        })?;
        for problem in &problems {
            println!("  WRONG: {problem}");
        }
        Ok(verdict(&rolled, &problems))
    }
}

fn a_storm() -> Weather {
    Weather {
        loss: Chance::of(0.3),
        ..Weather::CLEAR
    }
}

/// Runs over the network in memory, in virtual time, on this thread.
fn in_virtual_time<T: Future>(
    seed: u64,
    trial: impl FnOnce(MemoryWorld) -> T,
) -> Result<T::Output, Untried> {
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    let world = MemoryWorld::seeded(seed);
    world
        .network()
        .delay(Duration::ZERO..=Duration::from_millis(2));
    Ok(runtime.block_on(trial(world)))
}

fn told(rolled: Rolled) -> Rolled {
    println!("{rolled}");
    rolled
}

fn verdict(rolled: &[Rolled], problems: &[String]) -> Verdict {
    let sum = |of: fn(&Rolled) -> u64| rolled.iter().map(of).sum::<u64>();
    Verdict {
        holds: problems.is_empty() && rolled.iter().all(Rolled::holds),
        figure: format!(
            "{} restarts, {} stops said Ok: {} lost, {} unknown, of {} messages",
            sum(|one| one.restarts),
            sum(|one| one.clean),
            sum(|one| one.verdict.faults.lost),
            sum(|one| one.verdict.outcomes.lost),
            sum(|one| one.verdict.events_accepted + one.verdict.commands_begun),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rolling_restarts_in_virtual_time_lose_nothing() {
        let rolled = in_virtual_time(1, |world| rolling::run(world, 9));
        let rolled = rolled.unwrap().unwrap();
        assert!(rolled.holds() && rolled.restarts == 9, "{rolled}");
        assert!(rolled.verdict.outcomes.replied > 100, "{rolled}");
        assert!(verdict(&[rolled], &[]).holds);
    }

    #[test]
    fn one_unknown_outcome_refutes_the_claim() {
        let mut rolled = Rolled::default();
        rolled.verdict.outcomes.lost = 1;
        assert!(!verdict(&[rolled], &[]).holds);
        assert!(!verdict(&[], &["a stop took too long".into()]).holds);
    }
}
