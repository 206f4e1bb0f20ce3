//! One world's trial: faults, a frozen subscriber, the liveness phase, stopping.

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::super::claim::Untried;
use super::cast::Cast;
use super::driver::Driver;
use super::fault::Fired;
use crate::history::{Entry, Faults, Outcomes, Verdict};
use crate::worlds::{Stage, World};

/// Once the faults have stopped, everything has arrived within this.
const DRAINS: Duration = Duration::from_secs(30);
/// A stop may take this long; it then says what is left.
const STOPS: Duration = Duration::from_secs(10);
/// A stop that takes longer than its own deadline by this hangs.
const GRACE: Duration = Duration::from_secs(5);

/// How much a trial sends and breaks.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Repeats what the driver does; in virtual time it repeats everything.
    pub seed: u64,
    /// Messages over all senders and lanes, one per recipient.
    pub messages: u64,
    /// Links that are cut meanwhile, between other faults.
    pub cuts: u64,
    /// Whether so much is done that every kind of fault has to have happened.
    pub thorough: bool,
}

/// What a trial found.
#[derive(Debug, Default)]
pub struct Found {
    /// Where it was tried.
    pub world: &'static str,
    /// What the driver did.
    pub fired: Fired,
    /// What the network did.
    pub injected: String,
    /// What the history came to.
    pub verdict: Verdict,
    /// A hash of the history with all its instants, and its length.
    pub trace: (u64, u64),
    /// How long the faults lasted, on the clock of the world.
    pub under_fire: Duration,
    /// How long everything took to arrive after the last one.
    pub drained_after: Duration,
    /// What else went wrong, in words.
    pub problems: Vec<String>,
}

impl Found {
    /// Whether nothing is wrong.
    pub fn holds(&self) -> bool {
        self.verdict.faults == Faults::default() && self.problems.is_empty()
    }
}

/// Tries one world.
///
/// # Errors
/// If it could not be tried, for want of a socket for instance.
pub async fn run<W: World>(world: W, plan: &Plan) -> Result<Found, Untried> {
    let mut random = fastrand::Rng::with_seed(plan.seed);
    let stage = Stage::new(world);
    let cast = Cast::enter(&stage, &mut random).await?;
    let mut driver = Driver {
        stage,
        cast,
        random,
        fired: Fired::default(),
    };
    let mut found = Found {
        world: driver.stage.world.name(),
        ..Found::default()
    };
    let begin = Instant::now();
    let mut fired = driver.fire(plan.messages, plan.cuts).await;
    if fired.is_ok() {
        fired = driver.freeze().await;
    }
    found.problems.extend(fired.err().map(|e| e.to_string()));
    found.under_fire = begin.elapsed();
    drain(&mut driver, &mut found).await;
    stop(&mut driver, &mut found).await;
    settle(&driver, plan, &mut found);
    Ok(found)
}

/// The liveness phase: nothing goes wrong any more, so everything has to arrive.
async fn drain<W: World>(driver: &mut Driver<W>, found: &mut Found) {
    let begin = Instant::now();
    driver.stage.world.calm();
    let drained = async {
        driver.cast.end_feeds().await;
        while driver.cast.outstanding() != (0, 0) {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let drained = timeout(DRAINS, drained).await;
    let frozen = driver.cast.receivers.last().map(|frozen| frozen.run.peer);
    driver.cast.history.add(Entry::Thaws(frozen.unwrap_or(0)));
    if drained.is_err() {
        let (events, commands) = driver.cast.outstanding();
        let feeds = driver.cast.living_feeds();
        found.problems.push(format!(
            "{DRAINS:?} after the last fault {events} events and {commands} commands are \
             outstanding, and {feeds} feeds run"
        ));
    }
    found.drained_after = begin.elapsed();
}

/// Stops all, one after the other; each has to leave nothing behind.
async fn stop<W: World>(driver: &mut Driver<W>, found: &mut Found) {
    let receivers = driver.cast.receivers.iter_mut();
    let receivers: Vec<_> = receivers
        .filter_map(|receiver| receiver.bus.take())
        .collect();
    if let Some(frozen) = receivers.last() {
        let (told, skipped) = (
            frozen.received().missed,
            driver.cast.missed.load(Ordering::Relaxed),
        );
        if told != skipped {
            found.problems.push(format!(
                "{skipped} events were skipped, and their subscriber was told of {told}"
            ));
        }
    }
    for bus in receivers.into_iter().chain(driver.cast.senders.drain(..)) {
        let peer = bus.peer().clone();
        match timeout(STOPS + GRACE, bus.stop(STOPS)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                let problem = format!("{peer}: {error}: {:?}", error.0);
                found.problems.push(problem);
            }
            Err(_) => found
                .problems
                .push(format!("{peer}: a stop of {STOPS:?} hangs")),
        }
        driver.stage.board.leave(&peer);
    }
}

/// What the history came to.
fn settle<W: World>(driver: &Driver<W>, plan: &Plan, found: &mut Found) {
    found.verdict = driver.cast.history.verdict();
    found.trace = driver.cast.history.trace();
    found.fired = driver.fired;
    found.injected = driver.stage.world.injected();
    found.problems.extend(found.verdict.examples.clone());
    if plan.thorough {
        let packets = driver.stage.world.has_packets();
        for kind in driver.fired.missing(packets) {
            let kind = kind.words();
            found.problems.push(format!("there were no {kind}"));
        }
        let Outcomes { replied, lost, .. } = found.verdict.unsequenced;
        if replied == 0 || lost == 0 {
            found.problems.push(format!(
                "of the unsequenced commands {replied} were answered and {lost} lost with their link"
            ));
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            world,
            fired,
            injected,
            verdict,
            trace: (trace, entries),
            under_fire,
            drained_after,
            problems,
        } = self;
        writeln!(f, "over {world}:")?;
        writeln!(f, "  {fired} in {:.1} s", under_fire.as_secs_f64())?;
        writeln!(f, "  the network: {injected}")?;
        writeln!(
            f,
            "  {} events accepted, {} handled, {} skipped for a frozen subscriber",
            verdict.events_accepted, verdict.events_handled, verdict.skipped
        )?;
        writeln!(
            f,
            "  {} commands: {}",
            verdict.commands_begun, verdict.outcomes
        )?;
        let unsequenced = verdict.unsequenced;
        writeln!(f, "  {} unsequenced: {unsequenced}", unsequenced.total())?;
        writeln!(f, "  {}", verdict.faults)?;
        write!(
            f,
            "  all arrived {:.2} s after the last fault; trace {trace:016x} of {entries} entries",
            drained_after.as_secs_f64()
        )?;
        for problem in problems {
            write!(f, "\n  WRONG: {problem}")?;
        }
        Ok(())
    }
}
