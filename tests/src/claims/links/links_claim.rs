//! The claim: every world in turn, the table, the verdict.

use std::time::Duration;

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::super::seed::seed;
use super::traffic::Allowance;
use super::trial::{self, Found, Plan};
use crate::history::Verdict as Judged;
use crate::worlds::{MemoryWorld, QuicWorld, World};

/// The claim that nothing is lost, doubled or reordered while links break.
pub struct Links;

/// Of each side.
const TOTAL: Allowance = Allowance {
    events: 200_000,
    commands: 20_000,
};
/// How many times as much `--long` does.
const LONG: usize = 10;
/// More than there are cores, so that tasks are interrupted anywhere.
const THREADS: usize = 4;
/// How long bytes travel in memory at the most: some are always on their way.
const TRAVELS: Duration = Duration::from_millis(2);

impl Claim for Links {
    fn name(&self) -> &'static str {
        "links"
    }

    fn summary(&self) -> &'static str {
        "links that break in every way lose, double and reorder nothing, and every send has an outcome"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        let times = if options.long { LONG } else { 1 };
        let plan = Plan {
            seed: seed(self.name(), options)?,
            total: Allowance {
                events: TOTAL.events * times as u64,
                commands: TOTAL.commands * times as u64,
            },
            decks: times,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .enable_all()
            .build()?;
        let founds = runtime.block_on(async {
            let memory = MemoryWorld::seeded(plan.seed);
            memory.network().delay(Duration::ZERO..=TRAVELS);
            let quic = QuicWorld::new()?;
            // Links are mostly waited for, so both fit into one minute.
            tokio::try_join!(try_in(memory, &plan), try_in(quic, &plan))
        })?;
        let founds = [founds.0, founds.1];
        founds.iter().for_each(print);
        Ok(verdict(&founds, &plan))
    }
}

async fn try_in<W: World>(world: W, plan: &Plan) -> Result<Found, Untried> {
    let name = world.name();
    let found = trial::run(world, plan).await;
    found.map_err(|error| format!("over {name}: {error}").into())
}

fn print(found: &Found) {
    let Found {
        world,
        fired,
        swallowed,
        verdict,
        missed,
        under_fire,
        drained_after,
        problems,
    } = found;
    println!("over {world}:");
    println!(
        "  {} links broken in {:.1} s: {fired} ({swallowed} swallowed)",
        fired.total(),
        under_fire.as_secs_f64()
    );
    println!(
        "  {} events published, {} handled by the runs they were for, {missed} counted as missed",
        verdict.events_accepted, verdict.events_handled
    );
    println!(
        "  {} commands: {}",
        verdict.commands_begun, verdict.outcomes
    );
    println!("  {}", verdict.faults);
    println!(
        "  all arrived {:.2} s after the last fault",
        drained_after.as_secs_f64()
    );
    for problem in problems {
        println!("  WRONG: {problem}");
    }
}

fn verdict(founds: &[Found], plan: &Plan) -> Verdict {
    let (mut judged, mut broken) = (Judged::default(), 0);
    for found in founds {
        judged.add(found.verdict.clone());
        broken += found.fired.total();
    }
    Verdict {
        holds: founds.iter().all(|found| found.holds(plan)),
        figure: format!(
            "{}; of {} events and {} commands over {broken} broken links",
            judged.faults, judged.events_accepted, judged.commands_begun
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::links::fault::Fault;

    fn fine(plan: &Plan) -> Found {
        let mut found = Found {
            verdict: Judged {
                events_accepted: 2 * plan.total.events,
                commands_begun: 2 * plan.total.commands,
                ..Judged::default()
            },
            ..Found::default()
        };
        Fault::ALL
            .iter()
            .for_each(|fault| found.fired.count(*fault));
        found
    }

    #[test]
    fn the_claim_holds_only_if_everything_was_sent_and_every_kind_of_fault_happened() {
        let plan = Plan {
            seed: 1,
            total: TOTAL,
            decks: 1,
        };
        assert!(verdict(&[fine(&plan), fine(&plan)], &plan).holds);
        let spoil: [fn(&mut Found); 6] = [
            |found| found.fired = Default::default(),
            |found| found.verdict.events_accepted -= 1,
            |found| found.verdict.faults.missed = 1,
            |found| found.verdict.faults.without_outcome = 1,
            |found| found.missed = 1,
            |found| found.problems.push("a stop hangs".into()),
        ];
        for spoil in spoil {
            let mut spoilt = fine(&plan);
            spoil(&mut spoilt);
            assert!(!verdict(&[fine(&plan), spoilt], &plan).holds);
        }
    }
}
