//! A trial over the network in memory, in virtual time: its seed repeats all that our code does.

use std::time::Duration;

use quibus::id::IdTail;

use super::super::claim::Untried;
use super::trial::{Found, Plan, run};
use crate::worlds::MemoryWorld;

/// How long bytes travel at the most: some are always on their way.
const TRAVELS: Duration = Duration::from_millis(2);

/// Tries the network in memory, on a thread of its own that ends with the trial.
///
/// # Errors
/// If there is no thread or no runtime to be had.
pub fn run_in_memory(plan: &Plan) -> Result<Found, Untried> {
    let plan = *plan;
    let trial = std::thread::Builder::new().name("virtual time".into());
    let trial = trial.spawn(move || {
        // Drawn once per process; the second trial of one must not find the generator a step behind.
        IdTail::of_this_process();
        // The jitter of our own code draws from the generator of its thread.
        fastrand::seed(plan.seed);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()?;
        runtime.block_on(async {
            let world = MemoryWorld::seeded(plan.seed);
            world.network().delay(Duration::ZERO..=TRAVELS);
            run(world, &plan).await
        })
    })?;
    trial
        .join()
        .unwrap_or_else(|_| Err("the trial in memory panicked".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_the_whole_history_and_another_does_not() {
        let found = |seed| {
            let found = run_in_memory(&Plan {
                seed,
                messages: 8_000,
                cuts: 100,
                thorough: false,
            });
            let found = found.unwrap();
            assert!(found.holds(), "seed {seed}: {found}");
            found.trace
        };
        assert_eq!(found(1), found(1));
        assert_ne!(found(1), found(2));
    }
}
